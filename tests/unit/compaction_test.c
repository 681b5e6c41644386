/* SPDX-License-Identifier: MIT */
/* Summaries in the place of long conversations. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "base/buf.h"
#include "chat/compaction.h"
#include "chat/reply.h"

#define LIMIT (4 * 1024 * 1024)
#define HALF (130 * 1024) /* two are more than what stays */

static const struct chat_call call = { "c1", "f", "{}" };

/* One message of each kind; `text` lives as long as the test. */
static struct chat_message say(struct arena *a, enum chat_role role,
			       const char *text)
{
	struct chat_part *part = arena_alloc(a, sizeof(*part));

	part->text = text;
	return (struct chat_message){ .role = role,
				      .parts = part,
				      .n_parts = 1 };
}

static struct chat_message summary(struct arena *a, const char *text)
{
	struct chat_message m = say(a, CHAT_ASSISTANT, text);

	m.compacts = true;
	return m;
}

static const char *big(struct arena *a, char c)
{
	char *text = arena_alloc(a, HALF + 1);

	memset(text, c, HALF);
	return text;
}

/* The messages as "role:text", each text up to 20 characters. */
static const char *told(struct arena *a, const struct chat_message *m, size_t n)
{
	struct buf *out = arena_buf(a, LIMIT);

	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s%s:%.20s", i > 0 ? " " : "",
			   chat_role_name(m[i].role),
			   chat_message_text(&m[i], a));
	return buf_text(out);
}

static void a_conversation_without_one_stays_as_it_is(void **state)
{
	const struct chat_message m[] = { say(*state, CHAT_USER, "Hi"),
					  say(*state, CHAT_ASSISTANT, "Ho") };
	struct chat_request q = { .messages = m, .n_messages = COUNT(m) };

	assert_false(chat_compaction_apply(&q, *state));
	assert_ptr_equal(q.messages, m);
	assert_int_equal(q.n_messages, 2);
}

static void only_the_users_words_stay_before_a_summary(void **state)
{
	struct chat_message asking = say(*state, CHAT_ASSISTANT, "I look.");
	struct chat_message result = say(*state, CHAT_TOOL, "result");

	asking.calls = &call;
	asking.n_calls = 1;
	result.call_id = "c1";
	const struct chat_message m[] = {
		say(*state, CHAT_SYSTEM, "Be brief."),
		say(*state, CHAT_USER, "one"),
		asking,
		result,
		summary(*state, "older"),
		say(*state, CHAT_USER, "two"),
		say(*state, CHAT_ASSISTANT, "Done."),
		summary(*state, "All about one, two."),
		say(*state, CHAT_USER, "three"),
		say(*state, CHAT_ASSISTANT, "Well."),
	};
	struct chat_request q = { .messages = m, .n_messages = COUNT(m) };

	assert_true(chat_compaction_apply(&q, *state));
	assert_string_equal(told(*state, q.messages, q.n_messages),
			    "system:Be brief. user:one user:two "
			    "user:This is a summary of user:three "
			    "assistant:Well.");
	assert_contains(chat_message_text(&q.messages[3], *state),
			"All about one, two.");
	assert_false(q.messages[3].compacts);
}

static void the_latest_words_stay_up_to_a_limit(void **state)
{
	struct arena *a = *state;
	const struct chat_message m[] = {
		say(a, CHAT_USER, big(a, 'a')), say(a, CHAT_USER, "small"),
		say(a, CHAT_USER, big(a, 'b')), say(a, CHAT_ASSISTANT, "x"),
		say(a, CHAT_USER, "last"),
	};
	struct chat_message kept[COUNT(m)];
	size_t n = chat_compaction_kept(m, COUNT(m), kept);

	assert_string_equal(told(a, kept, n),
			    "user:small user:bbbbbbbbbbbbbbbbbbbb user:last");
	/* One alone stays whatever its length. */
	const struct chat_message long_one[] = {
		say(a, CHAT_USER, "before"),
		say(a, CHAT_USER,
		    arena_printf(a, "%s%s%s", big(a, 'a'), big(a, 'b'),
				 big(a, 'c'))),
	};

	n = chat_compaction_kept(long_one, 2, kept);
	assert_string_equal(told(a, kept, n), "user:aaaaaaaaaaaaaaaaaaaa");
	assert_int_equal(chat_compaction_kept(m, 0, kept), 0);
}

static void a_request_for_one_ends_with_the_question(void **state)
{
	const struct chat_tool tool = { .name = "f" };
	const struct chat_message m[] = { say(*state, CHAT_USER, "Hi"),
					  summary(*state, "older"),
					  say(*state, CHAT_USER, "and?"),
					  say(*state, CHAT_ASSISTANT, "Ho") };
	struct chat_request q = { .messages = m,
				  .n_messages = COUNT(m),
				  .compacts = true,
				  .tools = &tool,
				  .n_tools = 1,
				  .tool_choice = CHAT_TOOLS_REQUIRED,
				  .search = CHAT_SEARCH_ON,
				  .format = CHAT_FORMAT_JSON };

	assert_true(chat_compaction_apply(&q, *state));
	assert_string_equal(told(*state, q.messages, q.n_messages),
			    "user:Hi user:This is a summary of user:and? "
			    "assistant:Ho user:The conversation abo");
	assert_contains(chat_message_text(&q.messages[4], *state),
			"reply with the summary alone");
	assert_int_equal(q.tool_choice, CHAT_TOOLS_NONE);
	assert_int_equal(q.search, CHAT_SEARCH_OFF);
	assert_int_equal(q.format, CHAT_FORMAT_TEXT);
	assert_string_equal(told(*state, q.kept, q.n_kept),
			    "user:Hi user:and?");
}

static void nothing_can_be_asked_about_too(void **state)
{
	struct chat_request q = { .compacts = true };

	assert_true(chat_compaction_apply(&q, *state));
	assert_int_equal(q.n_messages, 1);
	assert_int_equal(q.n_kept, 0);
}

static struct chat_reply *reply(struct arena *a, const char *text,
				enum chat_finish finish)
{
	struct chat_reply *r = arena_alloc(a, sizeof(*r));

	chat_reply_init(r, a);
	buf_puts(&r->text, text);
	r->finish = finish;
	return r;
}

static void half_a_summary_is_none(void **state)
{
	struct chat_reply *r = reply(*state, "All.", CHAT_FINISH_STOP);

	assert_true(chat_compaction_done(r));
	r->n_calls = 1;
	assert_false(chat_compaction_done(r));
	assert_false(chat_compaction_done(reply(*state, "", CHAT_FINISH_STOP)));
	assert_false(
		chat_compaction_done(reply(*state, " \n", CHAT_FINISH_STOP)));
	assert_false(
		chat_compaction_done(reply(*state, "All", CHAT_FINISH_LENGTH)));
	assert_false(
		chat_compaction_done(reply(*state, "All", CHAT_FINISH_FILTER)));
	assert_false(chat_compaction_done(
		reply(*state, "I look.", CHAT_FINISH_CALLS)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_conversation_without_one_stays_as_it_is),
		TEST(only_the_users_words_stay_before_a_summary),
		TEST(the_latest_words_stay_up_to_a_limit),
		TEST(a_request_for_one_ends_with_the_question),
		TEST(nothing_can_be_asked_about_too),
		TEST(half_a_summary_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
