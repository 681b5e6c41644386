/* SPDX-License-Identifier: MIT */
/* Tool calls in the text of a reply, whole and cut at every byte. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "emulate/tool_call_finder.h"

#define CALL(json) "<tool_call>" json "</tool_call>"
#define RAIN CALL("{\"name\":\"rain\",\"arguments\":{\"city\":\"Oslo\"}}")
#define RAIN_CALL "[rain {\"city\":\"Oslo\"}]"
#define SUN CALL("{\"name\":\"sun\",\"arguments\":{}}")
#define KIMI(name, json)                                                       \
	"<|tool_call_begin|>" name "<|tool_call_argument_begin|>" json         \
	"<|tool_call_end|>"
#define SECTION(calls)                                                         \
	"<|tool_calls_section_begin|>" calls "<|tool_calls_section_end|>"

static const struct chat_tool tools[] = {
	{ .name = "rain" },
	{ .name = "sun" },
	{ .name = "functions.odd:1" },
	{ .name = " edge" },
	{ .name = "edge" },
	{ .name = " ends " },
	{ .name = "q\"</tool_call>" },
};

/* What came out: text as it is, calls in brackets. */
struct log {
	struct buf text;
	size_t deliveries, stop_after;
};

static bool on_text(void *ctx, const char *p, size_t n)
{
	struct log *l = ctx;

	assert_true(n > 0);
	buf_append(&l->text, p, n);
	return ++l->deliveries != l->stop_after;
}

static bool on_call(void *ctx, const struct chat_call *call)
{
	struct log *l = ctx;

	buf_printf(&l->text, "[%s %s]", call->name, call->arguments);
	return ++l->deliveries != l->stop_after;
}

static void close_marks(struct tool_call_finder *m, struct log *l)
{
	tool_call_finder_fini(m);
	buf_fini(&l->text);
}

static void open_marks(struct tool_call_finder *m, struct log *l,
		       struct arena *a)
{
	*l = (struct log){ 0 };
	buf_init(&l->text, 64 * 1024 * 1024);
	tool_call_finder_init(m, a);
	m->tools = tools;
	m->n_tools = COUNT(tools);
	m->on_text = on_text;
	m->on_call = on_call;
	m->ctx = l;
}

/* Pieces end at the two cuts; after them each byte is one where `step`. */
static const char *run(struct arena *a, const char *in, size_t cut, size_t step,
		       bool ends_cut)
{
	size_t n = strlen(in), length;
	struct tool_call_finder m;
	struct log l;
	char *out;

	open_marks(&m, &l, a);
	for (size_t at = 0; at < n; at += length) {
		char *piece;

		length = at < cut ? cut - at : step > 0 ? step : n - at;
		if (length > n - at)
			length = n - at;
		piece = test_malloc(length);
		memcpy(piece, in + at, length);
		assert_true(tool_call_finder_feed(&m, piece, length));
		test_free(piece);
	}
	assert_true(tool_call_finder_end(&m, ends_cut));
	out = arena_copy_n(a, buf_text(&l.text), l.text.len);
	close_marks(&m, &l);
	return out;
}

static void check_end(struct arena *a, const char *in, const char *out,
		      bool ends_cut)
{
	assert_string_equal(run(a, in, 0, 0, ends_cut), out);
	assert_string_equal(run(a, in, 0, 1, ends_cut), out);
	for (size_t cut = 1; cut < strlen(in); cut++)
		assert_string_equal(run(a, in, cut, 0, ends_cut), out);
}

static void check(struct arena *a, const char *in, const char *out)
{
	check_end(a, in, out, false);
}

static void text_without_marks_is_unchanged(void **state)
{
	static const char *const texts[] = {
		"",
		"Hello, world.",
		"  white \n\n space\t ",
		"\n",
		"1 < 2 <b>bold</b> << <t <tool <tool_cal> <|tool|> <|",
		"<<tool_call <<",
		"</tool_call> alone <|tool_call_end|><|tool_call_argument_begin|>",
		"\xE4\xBD\xA0\xE5\xA5\xBD \xF0\x9F\x91\x8D <\xE4\xBD\xA0",
		"ends in half a mark <tool_ca",
		"the end <",
	};

	for (size_t i = 0; i < COUNT(texts); i++)
		check(*state, texts[i], texts[i]);
}

static void a_call_is_taken_out(void **state)
{
	check(*state, RAIN, RAIN_CALL);
	check(*state, "Let me look.\n\n" RAIN "\n", "Let me look." RAIN_CALL);
	check(*state, "\n \t" RAIN " \r\n", RAIN_CALL);
	check(*state, "<" RAIN, "<" RAIN_CALL);
	check(*state, "<tool_" RAIN, "<tool_" RAIN_CALL);
	check(*state,
	      CALL("\n{ \"arguments\" : {\"n\": 12345678901234567890},\n"
		   "\"name\" : \"sun\" }\n"),
	      "[sun {\"n\": 12345678901234567890}]");
}

static void several_calls_follow_one_another(void **state)
{
	check(*state, RAIN SUN, RAIN_CALL "[sun {}]");
	check(*state, RAIN "\n" SUN "\n\n" RAIN,
	      RAIN_CALL "[sun {}]" RAIN_CALL);
}

static void text_after_a_call_loses_only_its_white_space(void **state)
{
	check(*state, RAIN "\n\nDone. \n", RAIN_CALL "Done. \n");
	check(*state, RAIN " <b>", RAIN_CALL "<b>");
	check(*state, RAIN " and " SUN, RAIN_CALL "and[sun {}]");
	check(*state, RAIN "} x", RAIN_CALL "} x");
	check(*state, RAIN "\n```c\n" SUN, RAIN_CALL "```c\n" SUN);
}

static void the_marks_of_kimis_template_are_known(void **state)
{
	static const char *const forms[] = {
		SECTION(KIMI("functions.rain:0", "{\"city\":\"Oslo\"}")),
		KIMI("functions.rain:0", "{\"city\":\"Oslo\"}"),
		KIMI("rain", "{\"city\":\"Oslo\"}"),
		KIMI("rain:12", "\n{\"city\":\"Oslo\"}\n"),
		SECTION("\n" KIMI(" functions.rain:0\n",
				  "{\"city\":\"Oslo\"}") "\n"),
		"<|tool_calls_section_begin|><|tool_call_begin|>functions."
		"rain:0<|tool_call_argument_begin|>{\"city\":\"Oslo\"}",
	};

	for (size_t i = 0; i < COUNT(forms); i++)
		check(*state, forms[i], RAIN_CALL);
	check(*state,
	      "Yes.\n" SECTION(KIMI("functions.rain:0", "{\"city\":\"Oslo\"}")
				       KIMI("functions.sun:1", "{}")) " ",
	      "Yes." RAIN_CALL "[sun {}]");
	check(*state, KIMI("functions.odd:1", "{}"), "[functions.odd:1 {}]");
}

static void common_mistakes_of_models_are_tolerated(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ CALL("```json\n{\"name\":\"sun\",\"arguments\":{}}\n```"),
		  "[sun {}]" },
		{ CALL("```{\"name\":\"sun\",\"arguments\":{}}```"),
		  "[sun {}]" },
		{ CALL("{\"name\":\"sun\",\"parameters\":{\"a\":1}}"),
		  "[sun {\"a\":1}]" },
		{ CALL("{\"name\":\"sun\",\"args\":{\"a\":1}}"),
		  "[sun {\"a\":1}]" },
		{ CALL("{\"tool\":\"sun\",\"input\":{\"a\":1}}"),
		  "[sun {\"a\":1}]" },
		{ CALL("{\"name\":\"sun\",\"arguments\":\"{\\\"a\\\": 1}\"}"),
		  "[sun {\"a\": 1}]" },
		{ CALL("{\"name\":\"sun\",\"arguments\":\"\"}"), "[sun {}]" },
		{ CALL("{\"name\":\"sun\",\"arguments\":null}"), "[sun {}]" },
		{ CALL("{\"name\":\"sun\"}"), "[sun {}]" },
		{ CALL("{\"name\":\" functions.sun:3 \"}"), "[sun {}]" },
		{ CALL("{\"name\":\" edge\"}"), "[ edge {}]" },
		{ CALL("{\"name\":\"edge\"}"), "[edge {}]" },
		{ CALL("{\"name\":\" ends \"}"), "[ ends  {}]" },
		{ CALL("{\"name\":\"ends\"}"), "[ ends  {}]" },
		{ CALL("{\"name\":\"q\\\"</tool_call>\"}"),
		  "[q\"</tool_call> {}]" },
		{ CALL("{\"type\":\"function\",\"function\":{\"name\":\"sun\","
		       "\"arguments\":\"{}\"}}"),
		  "[sun {}]" },
		{ CALL("{\"n\\u0061me\":\"sun\",\"\\u0061rguments\":{\"a\":1}}"),
		  "[sun {\"a\":1}]" },
		{ CALL("{\"name\":\"sun\",\"arguments\":{\"a\":\"x\ny\tz\"}}"),
		  "[sun {\"a\":\"x\\u000ay\\u0009z\"}]" },
		{ CALL("{\"name\":\"sun\",\"arguments\":{\"a\":[1]}"),
		  "[sun {\"a\":[1]}]" },
		{ CALL("{\"name\":\"sun\",\"arguments\":{\"a\":[1"),
		  "[sun {\"a\":[1]}]" },
		{ CALL("{\"name\":\"sun\",\"arguments\":{}}}}"), "[sun {}]" },
		{ CALL("{\"name\":\"sun\",\"arguments\":{\"a\":\"\\u0000\"}}"),
		  "[sun {\"a\":\"\\u0000\"}]" },
		{ CALL("{\"name\":\"sun\",\"arguments\":"
		       "\"{\\\"a\\\":\\\"\\\\ud83d\\\"}\"}"),
		  "[sun {\"a\":\"\\ud83d\"}]" },
		{ CALL("{\"name\":\"sun\",\"\\u0061rgs\":{\"a\":1e400}}"),
		  "[sun {\"a\":1e400}]" },
		{ "<tool_call>{\"name\":\"sun\",\"arguments\":{}}",
		  "[sun {}]" },
		{ "<tool_call>{\"name\":\"sun\",\"arguments\":{}}</tool",
		  "[sun {}]" },
		{ "<tool_call>{\"name\":\"sun\"}\n<tool_call>{\"name\":\"sun\"}",
		  "[sun {}][sun {}]" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		check(*state, rows[i].in, rows[i].out);
}

static void marks_inside_arguments_are_arguments(void **state)
{
	check(*state,
	      CALL("{\"name\":\"sun\",\"arguments\":{\"a\":\"</tool_call>"
		   "<tool_call>{ \\\"}\"}}") "x",
	      "[sun {\"a\":\"</tool_call><tool_call>{ \\\"}\"}]x");
}

static void what_is_not_a_call_is_text_completely(void **state)
{
	static const char *const texts[] = {
		CALL("{\"name\":\"snow\",\"arguments\":{}}"),
		CALL("{\"name\":\"sun\",\"arguments\":[1]}"),
		CALL("{\"name\":\"sun\",\"arguments\":\"[1]\"}"),
		CALL("{\"name\":\"sun\",\"arguments\":\"{\"}"),
		CALL("{\"name\":\"sun\",\"arguments\":7}"),
		CALL("{\"arguments\":{}}"),
		CALL("{\"name\":7}"),
		CALL("{}"),
		CALL("[]"),
		CALL(""),
		CALL("{\"name\":\"sun\",\"arguments\":{]}"),
		CALL("{'name':'sun'}"),
		CALL("{name}"),
		CALL("{\"name\":\"sun\",}"),
		CALL("{\"name\":\"sun\",\"arguments\":{\"a\":truer}}"),
		CALL("rain"),
		"a \n<tool_call> is a mark",
		"a <tool_call>```\nnone",
		"half <tool_call>{\"name\":\"sun\",\"argum",
		"half <tool_call>{\"name\":\"sun\",\"arguments\":{\"a\":1}",
		"half <tool_call>{\"name\":\"sun\"</tool_",
		KIMI("functions.snow:0", "{}"),
		KIMI("functions.sun:0", "[]"),
		"<|tool_calls_section_begin|>\nno call",
		"<|tool_call_begin|>sun<|tool_call_begin|>",
		"<|tool_call_begin|>sun<x",
		"<|tool_calls_section_begin|>",
	};

	for (size_t i = 0; i < COUNT(texts); i++)
		check(*state, texts[i], texts[i]);
}

static void a_call_may_follow_something_that_was_not_one(void **state)
{
	check(*state, "<tool_call> " RAIN, "<tool_call> " RAIN_CALL);
	check(*state, "<tool_call>{\"name\": " RAIN,
	      "<tool_call>{\"name\": " RAIN_CALL);
	check(*state, "<|tool_call_begin|>sun" KIMI("sun", "{}"),
	      "<|tool_call_begin|>sun[sun {}]");
	check(*state, "<|tool_calls_section_begin|>" RAIN,
	      "<|tool_calls_section_begin|>" RAIN_CALL);
	check(*state, CALL("{\"name\":\"snow\"}") RAIN,
	      CALL("{\"name\":\"snow\"}") RAIN_CALL);
}

static void marks_in_code_are_text(void **state)
{
	static const char *const texts[] = {
		"Like this:\n```\n" RAIN "\n```\n",
		"Like this:\n  ```xml\n\n" RAIN,
		"~~~~\n```\n" RAIN "\n~~~\n" RAIN,
		"```` \n```\n" RAIN "\n````",
		"``` " RAIN,
		"Write `" RAIN "`.",
		"```\n``` no end\n" RAIN,
	};

	for (size_t i = 0; i < COUNT(texts); i++)
		check(*state, texts[i], texts[i]);
	check(*state, "```\nx\n```\n" RAIN, "```\nx\n```" RAIN_CALL);
	check(*state, "```\nx\n  ``` \n" RAIN, "```\nx\n  ```" RAIN_CALL);
	check(*state, "``\n" RAIN, "``" RAIN_CALL);
	check(*state, "```a`b\n" RAIN, "```a`b" RAIN_CALL);
	check(*state, "a ```\n" RAIN, "a ```" RAIN_CALL);
	check(*state, "~~~\n`\n~~~~\n" RAIN, "~~~\n`\n~~~~" RAIN_CALL);
}

static void half_a_mark_at_the_end_of_cut_text_is_dropped(void **state)
{
	check_end(*state, "a <tool_ca", "a", true);
	check_end(*state, "a " CALL("{\"name\":\"snow\"}") " <",
		  "a " CALL("{\"name\":\"snow\"}"), true);
	check_end(*state, "a <tool_call>{\"name\":\"sun\",\"arg", "a", true);
	check_end(*state, RAIN "<tool_call>{\"name\":", RAIN_CALL, true);
	check_end(*state, "<|tool_calls_section_begin|><|tool_call_begin|>su",
		  "", true);
	check_end(*state, "plain", "plain", true);
}

static void plain_text_is_passed_on_at_once(void **state)
{
	struct tool_call_finder m;
	struct log l;

	open_marks(&m, &l, *state);
	tool_call_finder_feed(&m, "one two, \n", 10);
	assert_string_equal(buf_text(&l.text), "one two,");
	assert_int_equal(l.deliveries, 1);
	tool_call_finder_feed(&m, "three <tool_call>", 17);
	assert_string_equal(buf_text(&l.text), "one two, \nthree");
	tool_call_finder_feed(&m, "x", 1);
	assert_string_equal(buf_text(&l.text), "one two, \nthree <tool_call>x");
	tool_call_finder_feed(&m, " <tool_call>{\"name\":\"sun\"}", 26);
	assert_string_equal(buf_text(&l.text),
			    "one two, \nthree <tool_call>x[sun {}]");
	close_marks(&m, &l);
}

static void a_listener_that_wants_no_more_ends_it(void **state)
{
	static const char text[] = "a " RAIN " b " SUN " c";

	for (size_t stop = 1; stop <= 5; stop++) {
		struct tool_call_finder m;
		struct log l;
		bool go_on = true;

		open_marks(&m, &l, *state);
		l.stop_after = stop;
		for (size_t i = 0; go_on && i < strlen(text); i++)
			go_on = tool_call_finder_feed(&m, text + i, 1);
		assert_false(go_on);
		assert_int_equal(l.deliveries, stop);
		close_marks(&m, &l);
	}
}

/* `head`, then `n` times `c`. */
static char *long_text(struct arena *a, const char *head, char c, size_t n)
{
	size_t m = strlen(head);
	char *text = arena_alloc(a, m + n + 1);

	memcpy(text, head, m);
	memset(text + m, c, n);
	return text;
}

static void a_call_that_grows_too_long_is_text(void **state)
{
	static const struct {
		const char *head;
		char c;
		size_t n;
	} rows[] = {
		{ "<tool_call>{\"name\":\"", 'x', 5 * 1024 * 1024 },
		{ "<tool_call>", ' ', 5 * 1024 * 1024 },
		{ "<|tool_call_begin|>", 'x', 300 },
		{ "<tool_call>{\"a\":", '[', 200 },
		{ "blanks", '\n', 10000 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char *text =
			long_text(*state, rows[i].head, rows[i].c, rows[i].n);

		assert_string_equal(run(*state, text, 0, 0, false), text);
		assert_string_equal(run(*state, text, 0, 4000, false), text);
	}
}

static void arguments_may_be_large(void **state)
{
	char *text = long_text(*state,
			       "<tool_call>{\"name\":\"sun\",\"arguments\":{"
			       "\"a\":\"",
			       'x', 3 * 1024 * 1024);
	const char *out = run(*state, arena_printf(*state, "%s\"}}", text), 0,
			      1000, false);

	assert_memory_equal(out, "[sun {\"a\":\"xxx", 14);
	assert_int_equal(strlen(out), 3 * 1024 * 1024 + 14);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(text_without_marks_is_unchanged),
		TEST(a_call_is_taken_out),
		TEST(several_calls_follow_one_another),
		TEST(text_after_a_call_loses_only_its_white_space),
		TEST(the_marks_of_kimis_template_are_known),
		TEST(common_mistakes_of_models_are_tolerated),
		TEST(marks_inside_arguments_are_arguments),
		TEST(what_is_not_a_call_is_text_completely),
		TEST(a_call_may_follow_something_that_was_not_one),
		TEST(marks_in_code_are_text),
		TEST(half_a_mark_at_the_end_of_cut_text_is_dropped),
		TEST(plain_text_is_passed_on_at_once),
		TEST(a_listener_that_wants_no_more_ends_it),
		TEST(a_call_that_grows_too_long_is_text),
		TEST(arguments_may_be_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
