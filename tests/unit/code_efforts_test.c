/* SPDX-License-Identifier: MIT */
/* Kimi Code: how its models are told how much to think, in both flavours. */
#include "tests/unit/support/test.h"

#include "upstream/api/chat_request.h"
#include "upstream/api/known_models.h"
#include "upstream/api/messages_request.h"
#include "upstream/services.h"

#define ASKED                                                                  \
	"\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]"
#define OFF "\"thinking\":{\"type\":\"disabled\"}"
#define ON "\"thinking\":{\"type\":\"enabled\"}"
#define BUDGET "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":32767}"
#define ADAPTIVE                                                               \
	"\"thinking\":{\"type\":\"adaptive\",\"display\":\"summarized\"}"
#define EFFORT(word) "\"reasoning_effort\":\"" word "\""
#define OUTPUT(word) "\"output_config\":{\"effort\":\"" word "\"}"

struct row {
	const char *asked;	     /* in the words of chat completions */
	const char *chat, *messages; /* what Kimi is sent */
};

/* The members of a body that are about thinking. */
static const char *told(struct arena *a, const char *body)
{
	static const char *const names[] = { "thinking", "reasoning_effort",
					     "output_config" };
	const char *all = "";

	for (size_t i = 0; i < COUNT(names); i++) {
		const cJSON *v = json_at(parse(a, body), names[i]);

		if (v != NULL)
			all = arena_printf(a, "%s%s\"%s\":%s", all,
					   *all == '\0' ? "" : ",", names[i],
					   json_print(a, v));
	}
	return all;
}

static void tells(struct arena *a, const struct model *m, const struct row *row)
{
	struct chat_request r = decode(
		a, arena_printf(a, "{" ASKED "%s%s}",
				*row->asked == '\0' ? "" : ",", row->asked));
	struct rope *chat = rope_new(a, 1 << 20);
	struct rope *messages = rope_new(a, 1 << 20);
	struct error e;

	assert_true(chat_request_write(chat, a, m, &r, &e));
	assert_string_equal(told(a, rope_text(a, chat)), row->chat);
	assert_true(messages_request_write(messages, a, m, &r, &e));
	assert_string_equal(told(a, rope_text(a, messages)), row->messages);
}

static void all_tell(struct arena *a, const struct model *m,
		     const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		tells(a, m, &rows[i]);
}

static void all_named_tell(struct arena *a, const char *name,
			   const struct row *rows, size_t n)
{
	struct model m = known_models_assume(name, &upstream_code);

	all_tell(a, &m, rows, n);
}

/* Off is a switch and nothing else; on is an effort. */
static void k2_8_takes_a_switch_or_an_effort(void **state)
{
	static const struct row rows[] = {
		{ "", "", "" },
		{ OFF, OFF, OFF },
		{ ON, "", ON },
		{ EFFORT("none"), OFF, OFF },
		{ EFFORT("off"), OFF, OFF },
		{ EFFORT("disabled"), OFF, OFF },
		{ OFF "," EFFORT("max"), OFF, OFF },
		{ ON "," EFFORT("none"), EFFORT("low"), ON "," OUTPUT("low") },
		{ EFFORT("minimal"), EFFORT("low"), ON "," OUTPUT("low") },
		{ EFFORT("light"), EFFORT("low"), ON "," OUTPUT("low") },
		{ EFFORT("low"), EFFORT("low"), ON "," OUTPUT("low") },
		{ EFFORT("medium"), EFFORT("high"), ON "," OUTPUT("high") },
		{ EFFORT("high"), EFFORT("high"), ON "," OUTPUT("high") },
		{ EFFORT("xhigh"), EFFORT("max"), ON "," OUTPUT("max") },
		{ EFFORT("ultra"), EFFORT("max"), ON "," OUTPUT("max") },
		{ EFFORT("max"), EFFORT("max"), ON "," OUTPUT("max") },
		{ EFFORT("auto"), "", "" },
		{ "\"thinking\":{\"type\":\"enabled\",\"effort\":\"low\"}",
		  EFFORT("low"), ON "," OUTPUT("low") },
	};

	all_named_tell(*state, "kimi-for-coding", rows, COUNT(rows));
	assert_int_equal(
		known_models_assume("kimi-for-coding", &upstream_code).context,
		1048576);
}

static void a_call_cannot_be_demanded_of_k2_8_while_it_thinks(void **state)
{
	static const struct row row = {
		EFFORT("high") ",\"tool_choice\":\"required\",\"tools\":[{"
			       "\"type\":\"function\",\"function\":{\"name\":"
			       "\"f\"}}]",
		OFF, OFF
	};

	all_named_tell(*state, "kimi-for-coding", &row, 1);
}

static void k2_7_code_takes_neither(void **state)
{
	static const struct row rows[] = {
		{ "", "", "" },
		{ OFF, "", "" },
		{ ON, "", "" },
		{ EFFORT("none"), "", "" },
		{ EFFORT("high"), "", "" },
	};

	all_named_tell(*state, "kimi-for-coding-highspeed", rows, COUNT(rows));
}

/* It always thinks: to any other word Kimi says 400. */
static void k3_takes_three_efforts(void **state)
{
	static const char *const names[] = { "k3", "k3-256k", "k3.1-pro",
					     "k3.2-listed" };
	static const struct row rows[] = {
		{ "", "", ADAPTIVE },
		{ OFF, EFFORT("low"), ADAPTIVE "," OUTPUT("low") },
		{ ON, "", ADAPTIVE },
		{ EFFORT("none"), EFFORT("low"), ADAPTIVE "," OUTPUT("low") },
		{ EFFORT("off"), EFFORT("low"), ADAPTIVE "," OUTPUT("low") },
		{ EFFORT("light"), EFFORT("low"), ADAPTIVE "," OUTPUT("low") },
		{ EFFORT("medium"), EFFORT("high"),
		  ADAPTIVE "," OUTPUT("high") },
		{ EFFORT("xhigh"), EFFORT("max"), ADAPTIVE "," OUTPUT("max") },
		{ EFFORT("ultra"), EFFORT("max"), ADAPTIVE "," OUTPUT("max") },
		{ EFFORT("default"), "", ADAPTIVE },
	};

	for (size_t i = 0; i < COUNT(names); i++)
		all_named_tell(*state, names[i], rows, COUNT(rows));
}

/* Traits as a list may give them to any model. */
static void others_take_what_their_list_says(void **state)
{
	static const struct row switched[] = {
		{ EFFORT("high"), ON, BUDGET },
		{ ON, ON, BUDGET },
		{ OFF, OFF, OFF },
		{ "", "", "" },
	};
	static const struct row efforts[] = {
		{ OFF, EFFORT("low"), OUTPUT("low") },
		{ EFFORT("max"), EFFORT("max"), OUTPUT("max") },
	};
	static const struct row both[] = {
		{ OFF, OFF, OFF },
		{ EFFORT("none"), OFF, OFF },
		{ EFFORT("low"), EFFORT("low"), ADAPTIVE "," OUTPUT("low") },
		{ "", "", ADAPTIVE },
	};
	struct model m = { .name = "m", .upstream = &upstream_code };

	m.traits = MODEL_THINKS | MODEL_THINKING_SWITCH;
	all_tell(*state, &m, switched, COUNT(switched));
	m.traits = MODEL_THINKS | MODEL_EFFORT;
	all_tell(*state, &m, efforts, COUNT(efforts));
	m = known_models_assume("k3", &upstream_code);
	m.traits |= MODEL_THINKING_SWITCH;
	all_tell(*state, &m, both, COUNT(both));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(k2_8_takes_a_switch_or_an_effort),
		TEST(a_call_cannot_be_demanded_of_k2_8_while_it_thinks),
		TEST(k2_7_code_takes_neither),
		TEST(k3_takes_three_efforts),
		TEST(others_take_what_their_list_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
