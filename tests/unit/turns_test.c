/* SPDX-License-Identifier: MIT */
/* Turns: the row of a request, and the conversation it belongs to. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "store/db_internal.h"
#include "tests/unit/support/turns.h"

static void the_next_turn_loads_the_conversation(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t;

	turns_play(&f, "r1", 0, "one", "first");
	turns_play(&f, "r2", 2, "two", "second");
	t = turns_opened(&f, "r3", "c");
	assert_int_equal(t->n_messages, 4);
	assert_string_equal(turns_text(&f, t, 0), "one");
	assert_string_equal(turns_text(&f, t, 1), "first");
	assert_string_equal(turns_text(&f, t, 3), "second");
	assert_int_equal(t->messages[3].role, CHAT_ASSISTANT);
	assert_string_equal(t->bookmark.chat, "chat");
	assert_string_equal(t->bookmark.message, "message");
	assert_int_equal(t->bookmark.known, 4);
	assert_string_equal(t->credential, "fingerprint");
}

static void a_conversation_survives_a_restart(void **state)
{
	struct turns f = turns_begin(*state);

	turns_play(&f, "r1", 0, "one", "first");
	f.store = database_open(*state, f.path);
	assert_int_equal(turns_opened(&f, "r2", "c")->n_messages, 2);
}

static void another_key_has_another_conversation(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t;
	struct error e;

	turns_play(&f, "r1", 0, "one", "first");
	t = database_turn(*state, "r2", "c");
	t->owner.fingerprint = "another";
	assert_true(store_turn_open(f.store, t, *state, &e));
	assert_int_equal(t->n_messages, 0);
	assert_null(t->bookmark.chat);
}

static void a_branch_replaces_what_came_after_it(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t;

	turns_play(&f, "r1", 0, "one", "first");
	turns_play(&f, "r2", 2, "two", "second");
	turns_play(&f, "r3", 2, "other", "third");
	t = turns_opened(&f, "r4", "c");
	assert_int_equal(t->n_messages, 4);
	assert_string_equal(turns_text(&f, t, 2), "other");
	assert_string_equal(turns_text(&f, t, 3), "third");
	/* The message stays on record. */
	assert_int_equal(database_int(f.path, "SELECT count(*) FROM messages "
					      "WHERE content = 'second' AND "
					      "conversation_id IS NULL"),
			 1);
}

static void a_branch_at_the_start_replaces_everything(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t;

	turns_play(&f, "r1", 0, "one", "first");
	turns_play(&f, "r2", 0, "anew", "second");
	t = turns_opened(&f, "r3", "c");
	assert_int_equal(t->n_messages, 2);
	assert_string_equal(turns_text(&f, t, 0), "anew");
}

static void a_reply_of_reasoning_only_is_not_sent_again(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = turns_opened(&f, "r1", "c");
	struct store_outcome o = turns_outcome(*state, STORE_DONE, "");
	struct chat_reply *thoughts = turns_reply(*state, "");

	buf_puts(&thoughts->reasoning, "hm");
	o.reply = thoughts;
	o.request = turns_request(*state, t, 0, "one");
	turns_close(&f, t, &o);
	turns_play(&f, "r2", 1, "two", "second");
	t = turns_opened(&f, "r3", "c");
	assert_string_equal(turns_texts(&f, t->messages, t->n_messages),
			    "one|two|second");
	assert_int_equal(database_int(f.path, "SELECT count(*) FROM messages "
					      "WHERE reasoning = 'hm' AND "
					      "conversation_id IS NOT NULL"),
			 1);
}

static void a_failed_turn_does_not_change_the_conversation(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_outcome o =
		turns_outcome(*state, STORE_FAILED, "part of it");
	struct store_turn *t;
	struct error why;

	turns_play(&f, "r1", 0, "one", "first");
	t = turns_opened(&f, "r2", "c");
	error_set(&why, ERROR_TIMEOUT, "silent");
	o.error = &why;
	o.http_status = 504;
	o.request = turns_request(*state, t, 2, "two");
	o.history.kept = 2;
	turns_close(&f, t, &o);
	t = turns_opened(&f, "r3", "c");
	assert_int_equal(t->n_messages, 2);
	assert_string_equal(t->bookmark.chat, "chat");
	assert_string_equal(
		database_text(*state, f.path,
			      "SELECT status || http_status || error_kind || "
			      "error FROM requests WHERE id = 'r2'"),
		"failed504timeoutsilent");
	assert_int_equal(database_int(f.path,
				      "SELECT count(*) FROM messages WHERE "
				      "content = 'part of it' AND "
				      "conversation_id IS NULL"),
			 1);
}

static void a_touched_chat_is_not_continued(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_outcome o = turns_outcome(*state, STORE_CANCELLED, "");
	struct store_turn *t;
	struct error why;

	turns_play(&f, "r1", 0, "one", "first");
	t = turns_opened(&f, "r2", "c");
	error_set(&why, ERROR_CLIENT_GONE, "left");
	o.error = &why;
	o.chat_touched = true;
	turns_close(&f, t, &o);
	t = turns_opened(&f, "r3", "c");
	assert_int_equal(t->n_messages, 2);
	assert_null(t->bookmark.chat);
	assert_null(t->credential);
}

static void a_request_has_its_service_and_all_that_it_used(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = turns_opened(&f, "opened", NULL);
	struct store_outcome o = turns_outcome(*state, STORE_DONE, "text");

	o.request = turns_request(*state, t, 0, "x");
	turns_close(&f, t, &o);
	turns_close(&f, database_turn(*state, "short", NULL), &o);
	assert_string_equal(
		database_text(*state, f.path,
			      "SELECT group_concat(concat, ';') FROM (SELECT "
			      "id || ' ' || service || ' ' || region || ' ' || "
			      "prompt_tokens || ' ' || cached_tokens || ' ' || "
			      "cache_write_tokens || ' ' || "
			      "cache_write_1h_tokens || ' ' || "
			      "completion_tokens || ' ' || reasoning_tokens || "
			      "' ' || searches AS concat FROM requests)"),
		"opened web cn 10 2 4 3 5 1 6;short web cn 10 2 4 3 5 1 6");
}

static void all_parts_of_a_reply_are_stored(void **state)
{
	static struct chat_call calls[] = { { "call_1", "f", "{\"a\":1}" } };
	static struct chat_cited cited[] = { { { "u", "Title" }, 1 } };
	struct turns f = turns_begin(*state);
	struct store_turn *t = turns_opened(&f, "r1", "c");
	struct store_outcome o = turns_outcome(*state, STORE_DONE, "text");
	struct chat_reply *r = turns_reply(*state, "text");

	buf_puts(&r->reasoning, "thoughts");
	r->calls = calls;
	r->n_calls = 1;
	r->cited = cited;
	r->n_cited = 1;
	r->finish = CHAT_FINISH_CALLS;
	o.reply = r;
	o.request = turns_request(*state, t, 0, "x");
	turns_close(&f, t, &o);
	assert_string_equal(
		database_text(*state, f.path,
			      "SELECT citations FROM messages "
			      "WHERE role = 'assistant'"),
		"[{\"url\":\"u\",\"title\":\"Title\",\"offset\":1}]");
	assert_string_equal(database_text(*state, f.path,
					  "SELECT finish_reason || "
					  "first_token_ms || duration_ms "
					  "FROM requests"),
			    "tool_calls1234");
	t = turns_opened(&f, "r2", "c");
	assert_string_equal(t->messages[1].reasoning, "thoughts");
	assert_int_equal(t->messages[1].n_calls, 1);
	assert_string_equal(t->messages[1].calls[0].id, "call_1");
	assert_string_equal(t->messages[1].calls[0].arguments, "{\"a\":1}");
}

static void media_and_tool_results_are_read_back(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = turns_opened(&f, "r1", "c");
	struct store_outcome o = turns_outcome(*state, STORE_DONE, "seen");
	struct chat_request r = decode(
		*state,
		"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"name\":"
		"\"Ann\",\"content\":[{\"type\":\"text\",\"text\":\"look\"},"
		"{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:x\"}}]},"
		"{\"role\":\"tool\",\"tool_call_id\":\"i\",\"content\":"
		"\"result\"}]}");

	o.request = &r;
	turns_close(&f, t, &o);
	t = turns_opened(&f, "r2", "c");
	assert_int_equal(t->n_messages, 3);
	assert_string_equal(t->messages[0].name, "Ann");
	assert_int_equal(t->messages[0].n_parts, 2);
	assert_int_equal(t->messages[0].parts[1].kind, CHAT_PART_IMAGE);
	assert_string_equal(t->messages[0].parts[1].text, "data:x");
	assert_int_equal(t->messages[1].role, CHAT_TOOL);
	assert_string_equal(t->messages[1].call_id, "i");
}

static void views_show_sessions_usage_and_errors(void **state)
{
	struct turns f = turns_begin(*state);

	turns_play(&f, "r1", 0, "How are\nyou?", "well");
	assert_string_equal(
		database_text(*state, f.path,
			      "SELECT session || key || model || turns || "
			      "messages || tokens || begins_with "
			      "FROM v_sessions"),
		"ckeyk21215How are you?");
	assert_string_equal(
		database_text(*state, f.path,
			      "SELECT model || source || requests || failures "
			      "|| total_tokens FROM v_usage_daily"),
		"k2upstream1015");
	assert_int_equal(database_int(f.path, "SELECT count(*) FROM v_errors"),
			 0);
	turns_opened(&f, "r2", "c");
	database_run(f.path, "UPDATE requests SET lease_until = 5 "
			     "WHERE id = 'r2'");
	assert_string_equal(database_text(*state, f.path,
					  "SELECT request || status "
					  "FROM v_errors"),
			    "r2interrupted");
}

static void the_order_of_text_and_reasoning_is_read_back(void **state)
{
	static struct chat_cited cited[] = { { { "u", "Title" }, 3 } };
	static struct chat_span spans[] = { { CHAT_BLOCK_TEXT, 2, 0 },
					    { CHAT_BLOCK_REASONING, 8, 0 },
					    { CHAT_BLOCK_TEXT, 2, 2 } };
	struct turns f = turns_begin(*state);
	struct store_turn *t = turns_opened(&f, "r1", "c");
	struct store_outcome o = turns_outcome(*state, STORE_DONE, "text");
	struct chat_reply *r = turns_reply(*state, "text");
	const struct chat_message *m;

	buf_puts(&r->reasoning, "thoughts");
	r->cited = cited;
	r->n_cited = 1;
	r->spans = spans;
	r->n_spans = COUNT(spans);
	r->unordered = true;
	o.reply = r;
	o.request = turns_request(*state, t, 0, "x");
	turns_close(&f, t, &o);
	turns_play(&f, "r2", 2, "in order", "plain");
	t = turns_opened(&f, "r3", "c");
	assert_null(t->messages[3].spans);
	m = &t->messages[1];
	assert_int_equal(m->n_cited, 1);
	assert_string_equal(m->cited[0].citation.url, "u");
	assert_string_equal(m->cited[0].citation.title, "Title");
	assert_int_equal(m->cited[0].offset, 3);
	assert_int_equal(m->n_spans, COUNT(spans));
	for (size_t i = 0; i < COUNT(spans); i++) {
		assert_int_equal(m->spans[i].block, spans[i].block);
		assert_int_equal(m->spans[i].n, spans[i].n);
	}
}

static void every_message_has_its_own_uid(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t;

	turns_play(&f, "r1", 0, "one", "first");
	turns_play(&f, "r2", 2, "two", "second");
	t = turns_opened(&f, "r3", "c");
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(strlen(t->messages[i].uid), 24);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(t->messages[i].uid,
						t->messages[j].uid);
	}
}

static int count_statement(unsigned what, void *ctx, void *statement, void *sql)
{
	int *n = ctx;

	(void)what;
	(void)statement;
	/* A comment announces a trigger, also one that does nothing. */
	*n += strncmp(sql, "--", 2) != 0;
	return 0;
}

static void count_statements(struct turns *f, int *n)
{
	struct error e;
	struct db *db = db_begin(f->store, DB_READ, &e);

	sqlite3_trace_v2(db->handle, n == NULL ? 0 : SQLITE_TRACE_STMT,
			 n == NULL ? NULL : count_statement, n);
	assert_true(db_commit(f->store, db, &e));
	if (n != NULL)
		*n = 0;
}

/* What a plain chat costs: pinned, so that it does not grow unnoticed. */
static void a_plain_chat_takes_few_statements(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = database_turn(*state, "r1", NULL);
	struct store_outcome o = turns_outcome(*state, STORE_DONE, "a");
	int n;

	turns_play(&f, "r0", 0, "one", "first");
	o.request = turns_request(*state, t, 0, "x");
	count_statements(&f, &n);
	turns_close(&f, t, &o);
	assert_int_equal(n, 6);
	/* Nor is it in the indexes of messages that can be asked for. */
	assert_null(database_text(*state, f.path,
				  "SELECT uid FROM messages WHERE id = 3"));
	n = 0;
	turns_play(&f, "r2", 2, "two", "second");
	assert_int_equal(n, 16);
	count_statements(&f, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_next_turn_loads_the_conversation),
		TEST(a_conversation_survives_a_restart),
		TEST(another_key_has_another_conversation),
		TEST(a_branch_replaces_what_came_after_it),
		TEST(a_branch_at_the_start_replaces_everything),
		TEST(a_reply_of_reasoning_only_is_not_sent_again),
		TEST(a_failed_turn_does_not_change_the_conversation),
		TEST(a_touched_chat_is_not_continued),
		TEST(a_request_has_its_service_and_all_that_it_used),
		TEST(all_parts_of_a_reply_are_stored),
		TEST(media_and_tool_results_are_read_back),
		TEST(views_show_sessions_usage_and_errors),
		TEST(the_order_of_text_and_reasoning_is_read_back),
		TEST(every_message_has_its_own_uid),
		TEST(a_plain_chat_takes_few_statements),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
