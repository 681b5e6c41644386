/* SPDX-License-Identifier: MIT */
/* Prompts and replies counted by the chat templates of K2 and later. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "tests/unit/support/tokenizer.h"
#include "tokens/estimate.h"

#define BODY(more) "{\"model\":\"kimi-k2.6\",\"messages\":[" more "]}"
#define SAYS(role, text) "{\"role\":\"" role "\",\"content\":\"" text "\"}"
#define HELLO SAYS("user", "Hello")
#define CALLS(more)                                                            \
	"{\"role\":\"assistant\"," more "\"tool_calls\":[{\"id\":"             \
	"\"functions.f:0\",\"function\":{\"name\":\"f\",\"arguments\":"        \
	"\"{\\\"a\\\":1}\"}}]}"
#define RETURNS                                                                \
	"{\"role\":\"tool\",\"tool_call_id\":\"functions.f:0\","               \
	"\"content\":\"hello world\"}"

static int64_t text(const struct tokenizer *t, const char *s)
{
	return tokens_count_text(t, s, strlen(s));
}

static struct tokens_sum prompt(const struct tokenizer *t, struct arena *a,
				enum tokens_template template, const char *body)
{
	struct chat_request request = decode(a, body);

	return tokens_count_prompt(t, template, &request);
}

static void assert_counted(struct tokens_sum sum, int64_t n)
{
	assert_int_equal(sum.n, n);
	assert_int_equal(sum.source, CHAT_USAGE_COUNTED);
}

/* 26, 20 and 9 are documented with the templates; the others follow. */
static void prompts_have_the_documented_sums(void **state)
{
	const struct tokenizer *t = tokenizer_new(*state);

	assert_counted(prompt(t, *state, TOKENS_K2_0905, BODY(HELLO)), 26);
	assert_counted(
		prompt(t, *state, TOKENS_K2,
		       BODY(SAYS("system",
				 "You are a helpful "
				 "assistant") "," SAYS("user",
						       "Hello, world!"))),
		20);
	assert_counted(prompt(t, *state, TOKENS_K2_5_THINKING, BODY(HELLO)), 9);
	assert_counted(prompt(t, *state, TOKENS_K2_5, BODY(HELLO)), 10);
	assert_counted(prompt(t, *state, TOKENS_K2,
			      BODY(SAYS("user", "Hello, world!"))),
		       20);
}

static void a_system_message_replaces_the_hint(void **state)
{
	static const char *const body = BODY(SAYS("system", "Hello") "," HELLO);
	const struct tokenizer *t = tokenizer_new(*state);

	assert_counted(prompt(t, *state, TOKENS_K2_0905, body), 5 + 5 + 3);
	assert_counted(prompt(t, *state, TOKENS_K2_5, body), 5 + 5 + 5);
}

static void a_name_replaces_the_role(void **state)
{
	const struct tokenizer *t = tokenizer_new(*state);
	struct tokens_sum sum =
		prompt(t, *state, TOKENS_K2_5,
		       BODY("{\"role\":\"user\",\"name\":\"getUserName\","
			    "\"content\":\"Hello\"}"));

	assert_counted(sum, 3 + 3 + 1 + 5);
}

static void replies_have_thinking_marks(void **state)
{
	static const char *const body =
		BODY(HELLO "," SAYS("assistant", "hello world") "," HELLO);
	const struct tokenizer *t = tokenizer_new(*state);

	assert_counted(prompt(t, *state, TOKENS_K2_5, body), 5 + 8 + 5 + 5);
	assert_counted(prompt(t, *state, TOKENS_K2_0905, body),
		       18 + 5 + 6 + 5 + 3);
}

/* 2 for the section; 3, the id and the arguments for the call. */
static int64_t call_tokens(const struct tokenizer *t)
{
	return 2 + 3 + text(t, "functions.f:0") + text(t, "{\"a\":1}");
}

static void calls_and_results_are_counted(void **state)
{
	static const char *const body = BODY(HELLO "," CALLS("") "," RETURNS);
	const struct tokenizer *t = tokenizer_new(*state);
	int64_t result = 3 + 1 + text(t, "## Return of functions.f:0\n") + 2;

	assert_counted(prompt(t, *state, TOKENS_K2_5, body),
		       5 + (6 + call_tokens(t)) + result + 5);
	assert_counted(prompt(t, *state, TOKENS_K2, body),
		       9 + 5 + (4 + call_tokens(t)) + result + 3);
}

/* Reasoning stays in the prompt only while tools are still being called. */
static void reasoning_counts_after_the_last_whole_reply(void **state)
{
	static const char *const reasoning =
		"\"reasoning_content\":\"hello world\",";
	struct arena *a = *state;
	const struct tokenizer *t = tokenizer_new(a);
	const char *loop = arena_printf(
		a,
		"{\"model\":\"kimi-k2.6\",\"messages\":[" HELLO ","
		"{\"role\":\"assistant\",%s\"content\":\"Hello\"}," HELLO
		",{\"role\":\"assistant\",%s\"tool_calls\":[{\"id\":"
		"\"functions.f:0\",\"function\":{\"name\":\"f\","
		"\"arguments\":\"{\\\"a\\\":1}\"}}]}," RETURNS "]",
		reasoning, reasoning);
	const char *plain = arena_printf(a, "%s}", loop);
	const char *keep = arena_printf(
		a, "%s,\"thinking\":{\"type\":\"enabled\",\"keep\":\"all\"}}",
		loop);
	int64_t result = 3 + 1 + text(t, "## Return of functions.f:0\n") + 2;
	int64_t without = 5 + 7 + 5 + (6 + call_tokens(t)) + result;

	assert_counted(prompt(t, a, TOKENS_K2_5, plain), without + 5);
	assert_counted(prompt(t, a, TOKENS_K2_5_THINKING, plain),
		       without + 2 + 4);
	assert_counted(prompt(t, a, TOKENS_K2_5_THINKING, keep),
		       without + 4 + 4);
}

static void tools_are_declared_in_a_message_of_their_own(void **state)
{
	static const char *const body =
		"{\"model\":\"m\",\"messages\":[" HELLO "],\"tools\":[{"
		"\"type\":\"function\",\"function\":{\"name\":\"f\"}}]}";
	const struct tokenizer *t = tokenizer_new(*state);

	assert_counted(prompt(t, *state, TOKENS_K2_5, body),
		       5 + 5 + 3 + 3 +
			       text(t, "# Tools\n\n## functions\n"
				       "namespace functions {\n"
				       "type f = (_: {}) => any;\n}\n"));
	assert_counted(
		prompt(t, *state, TOKENS_K2_0905, body),
		18 + 5 + 3 + 3 + 3 +
			text(t,
			     "[{\"type\":\"function\",\"function\":"
			     "{\"name\":\"f\",\"parameters\":{\"type\":\"object\",\"properties\":{}}}}]"));
}

/* A part that only Kimi can count makes the sum an estimate. */
static void guesses_are_called_estimates(void **state)
{
	static const struct {
		enum tokens_template template;
		const char *body;
		int64_t min;
	} rows[] = {
		{ TOKENS_OTHER, BODY(HELLO), 9 },
		{ TOKENS_K3, BODY(HELLO), 90 },
		{ TOKENS_K2_5,
		  BODY("{\"role\":\"user\",\"content\":[{\"type\":"
		       "\"image_url\",\"image_url\":{\"url\":\"data:x\"}}]}"),
		  TOKENS_PER_IMAGE },
		{ TOKENS_K2_5,
		  "{\"model\":\"m\",\"messages\":[" HELLO
		  "],\"response_format\":{\"type\":\"json_schema\","
		  "\"json_schema\":{\"name\":\"n\",\"schema\":{}}}}",
		  11 },
		{ TOKENS_K2_5,
		  "{\"model\":\"m\",\"messages\":[" HELLO
		  "],\"tools\":[{\"type\":\"function\",\"function\":{"
		  "\"name\":\"f\",\"parameters\":{\"type\":\"object\","
		  "\"properties\":{\"x\":{\"oneOf\":[]}}}}}]}",
		  20 },
	};
	const struct tokenizer *t = tokenizer_new(*state);

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tokens_sum sum =
			prompt(t, *state, rows[i].template, rows[i].body);

		assert_int_equal(sum.source, CHAT_USAGE_ESTIMATED);
		assert_true(sum.n >= rows[i].min);
	}
}

static void models_have_their_templates(void **state)
{
	static const struct {
		const char *model, *more;
		enum tokens_template template;
	} rows[] = {
		{ "k2", "", TOKENS_K2_5 },
		{ "k2", ",\"reasoning_effort\":\"high\"",
		  TOKENS_K2_5_THINKING },
		{ "kimi-k2.6", "", TOKENS_K2_5_THINKING },
		{ "Kimi-K2.5", "", TOKENS_K2_5_THINKING },
		{ "kimi-k2.6", ",\"reasoning_effort\":\"none\"", TOKENS_K2_5 },
		{ "kimi-k2.6", ",\"thinking\":{\"type\":\"disabled\"}",
		  TOKENS_K2_5 },
		{ "k2d6-chat", "", TOKENS_K2_5 },
		{ "kimi-k2-0905-preview", "", TOKENS_K2_0905 },
		{ "kimi-k2-0711-preview", "", TOKENS_K2 },
		{ "kimi-k2.7-code", "", TOKENS_OTHER },
		{ "kimi-k3", "", TOKENS_K3 },
		{ "k3-256k", "", TOKENS_K3 },
		{ "k1.5", "", TOKENS_OTHER },
		{ "gpt-4", "", TOKENS_OTHER },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct chat_request r = decode(
			*state,
			arena_printf(*state,
				     "{\"model\":\"%s\",\"messages\":[" HELLO
				     "]%s}",
				     rows[i].model, rows[i].more));

		if (template_of(r.model, &r) != rows[i].template)
			fail_msg("%s %s", rows[i].model, rows[i].more);
	}
}

static struct chat_reply *reply_new(struct arena *a)
{
	struct chat_reply *r = arena_alloc(a, sizeof(*r));

	chat_reply_init(r, a);
	return r;
}

static void usage_covers_prompt_reasoning_and_reply(void **state)
{
	struct chat_request r = decode(*state, BODY(HELLO));
	struct chat_reply *reply = reply_new(*state);
	const struct tokenizer *t = tokenizer_new(*state);
	struct chat_usage u;

	buf_puts(&reply->text, "Hello, world!");
	buf_puts(&reply->reasoning, "hello world");
	u = tokens_usage(t, TOKENS_K2_5_THINKING, &r, reply);
	assert_int_equal(u.source, CHAT_USAGE_COUNTED);
	assert_int_equal(u.prompt, 9);
	assert_int_equal(u.reasoning, 2);
	assert_int_equal(u.completion,
			 2 + 1 + 4 + 1); /* </think> and the end mark */
	u = tokens_usage(t, TOKENS_K2_5, &r, reply);
	assert_int_equal(u.completion, 2 + 4 + 1);
	reply->finished = true;
	reply->finish = CHAT_FINISH_LENGTH;
	u = tokens_usage(t, TOKENS_K2_5, &r, reply);
	assert_int_equal(u.completion, 2 + 4);
}

static void calls_in_a_reply_are_counted(void **state)
{
	struct chat_call calls[] = {
		{ .id = "functions.f:0",
		  .name = "f",
		  .arguments = "{\"a\":1}" },
	};
	struct chat_request r = decode(*state, BODY(HELLO));
	struct chat_reply *reply = reply_new(*state);
	const struct tokenizer *t = tokenizer_new(*state);

	reply->calls = calls;
	reply->n_calls = 1;
	assert_int_equal(tokens_usage(t, TOKENS_K2_5, &r, reply).completion,
			 call_tokens(t) + 1);
}

static void without_a_tokenizer_everything_is_estimated(void **state)
{
	struct chat_request r = decode(*state, BODY(HELLO));
	struct chat_reply *reply = reply_new(*state);
	struct tokens_sum sum = tokens_count_prompt(NULL, TOKENS_K2_5, &r);

	buf_puts(&reply->text, "12345678");
	assert_int_equal(tokens_count_text(NULL, "12345678", 8), 2);
	assert_int_equal(sum.n, 3 + 4 + 2);
	assert_int_equal(sum.source, CHAT_USAGE_ESTIMATED);
	assert_int_equal(tokens_usage(NULL, TOKENS_K2_5, &r, reply).completion,
			 2 + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(prompts_have_the_documented_sums),
		TEST(a_system_message_replaces_the_hint),
		TEST(a_name_replaces_the_role),
		TEST(replies_have_thinking_marks),
		TEST(calls_and_results_are_counted),
		TEST(reasoning_counts_after_the_last_whole_reply),
		TEST(tools_are_declared_in_a_message_of_their_own),
		TEST(guesses_are_called_estimates),
		TEST(models_have_their_templates),
		TEST(usage_covers_prompt_reasoning_and_reply),
		TEST(calls_in_a_reply_are_counted),
		TEST(without_a_tokenizer_everything_is_estimated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
