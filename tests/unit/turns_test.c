/* SPDX-License-Identifier: MIT */
/* Turns: a request's row and the conversation around it. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "base/clock.h"
#include "tests/unit/support/database.h"

struct fixture {
	struct arena *arena;
	const char *path;
	struct store *store;
};

static struct fixture begin(struct arena *a)
{
	struct fixture f = { .arena = a, .path = database_path(a) };

	f.store = database_open(a, f.path);
	return f;
}

static struct store_turn *opened(struct fixture *f, const char *request,
				 const char *conversation)
{
	struct store_turn *t = database_turn(f->arena, request, conversation);
	struct error e;

	if (!store_turn_open(f->store, t, f->arena, &e))
		fail_msg("%s", e.message);
	return t;
}

static struct chat_reply *reply_of(struct arena *a, const char *text)
{
	struct chat_reply *r = arena_alloc(a, sizeof(*r));

	chat_reply_init(r, a);
	buf_puts(&r->text, text);
	return r;
}

/* What the turn's history and these new messages make. */
static struct chat_request *request_of(struct arena *a,
				       const struct store_turn *t, size_t kept,
				       const char *text)
{
	struct chat_message *all = arena_array(a, kept + 1, sizeof(*all));
	struct chat_part *part = arena_alloc(a, sizeof(*part));
	struct chat_request *r = arena_alloc(a, sizeof(*r));

	if (kept > 0)
		memcpy(all, t->messages, kept * sizeof(*all));
	part->text = text;
	all[kept] = (struct chat_message){ .role = CHAT_USER,
					   .parts = part,
					   .n_parts = 1 };
	r->messages = all;
	r->n_messages = kept + 1;
	return r;
}

static struct store_outcome outcome(struct arena *a, enum store_status status,
				    const char *answer)
{
	return (struct store_outcome){
		.status = status,
		.http_status = 200,
		.reply = reply_of(a, answer),
		.usage = { CHAT_USAGE_UPSTREAM, 10, 5, 2, 1 },
		.first_token_ms = 12,
		.duration_ms = 34,
		.credential_label = "web label",
		.credential = "fingerprint",
	};
}

static void close_turn(struct fixture *f, struct store_turn *t,
		       const struct store_outcome *o)
{
	struct error e;

	if (!store_turn_close(f->store, t, o, f->arena, &e))
		fail_msg("%s", e.message);
}

/* A whole turn of a conversation, from where it stands. */
static void play(struct fixture *f, const char *request, size_t kept,
		 const char *says, const char *answer)
{
	struct store_turn *t = opened(f, request, "c");
	struct store_outcome o = outcome(f->arena, STORE_DONE, answer);

	o.history.kept = kept;
	o.request = request_of(f->arena, t, kept, says);
	o.bookmark = (struct chat_bookmark){ "chat", "message", 0 };
	close_turn(f, t, &o);
}

static const char *text_at(struct fixture *f, const struct store_turn *t,
			   size_t i)
{
	return chat_message_text(&t->messages[i], f->arena);
}

static void a_conversation_is_there_at_the_next_turn(void **state)
{
	struct fixture f = begin(*state);
	struct store_turn *t;

	play(&f, "r1", 0, "one", "first");
	play(&f, "r2", 2, "two", "second");
	t = opened(&f, "r3", "c");
	assert_int_equal(t->n_messages, 4);
	assert_string_equal(text_at(&f, t, 0), "one");
	assert_string_equal(text_at(&f, t, 1), "first");
	assert_string_equal(text_at(&f, t, 3), "second");
	assert_int_equal(t->messages[3].role, CHAT_ASSISTANT);
	assert_string_equal(t->bookmark.chat, "chat");
	assert_string_equal(t->bookmark.message, "message");
	assert_int_equal(t->bookmark.known, 4);
	assert_string_equal(t->credential, "fingerprint");
}

static void it_is_there_after_a_restart(void **state)
{
	struct fixture f = begin(*state);

	play(&f, "r1", 0, "one", "first");
	f.store = database_open(*state, f.path);
	assert_int_equal(opened(&f, "r2", "c")->n_messages, 2);
}

static void another_key_has_another_conversation(void **state)
{
	struct fixture f = begin(*state);
	struct store_turn *t;
	struct error e;

	play(&f, "r1", 0, "one", "first");
	t = database_turn(*state, "r2", "c");
	t->key_fingerprint = "another";
	assert_true(store_turn_open(f.store, t, *state, &e));
	assert_int_equal(t->n_messages, 0);
	assert_null(t->bookmark.chat);
}

static void a_branch_replaces_what_came_behind_it(void **state)
{
	struct fixture f = begin(*state);
	struct store_turn *t;

	play(&f, "r1", 0, "one", "first");
	play(&f, "r2", 2, "two", "second");
	play(&f, "r3", 2, "other", "third");
	t = opened(&f, "r4", "c");
	assert_int_equal(t->n_messages, 4);
	assert_string_equal(text_at(&f, t, 2), "other");
	assert_string_equal(text_at(&f, t, 3), "third");
	/* What was said stays on record. */
	assert_int_equal(database_int(f.path, "SELECT count(*) FROM messages "
					      "WHERE content = 'second' AND "
					      "conversation_id IS NULL"),
			 1);
}

static void a_branch_at_the_beginning_replaces_all(void **state)
{
	struct fixture f = begin(*state);
	struct store_turn *t;

	play(&f, "r1", 0, "one", "first");
	play(&f, "r2", 0, "anew", "second");
	t = opened(&f, "r3", "c");
	assert_int_equal(t->n_messages, 2);
	assert_string_equal(text_at(&f, t, 0), "anew");
}

static void a_failed_turn_leaves_the_conversation_as_it_was(void **state)
{
	struct fixture f = begin(*state);
	struct store_outcome o = outcome(*state, STORE_FAILED, "part of it");
	struct store_turn *t;
	struct error why;

	play(&f, "r1", 0, "one", "first");
	t = opened(&f, "r2", "c");
	error_set(&why, ERROR_TIMEOUT, "silent");
	o.error = &why;
	o.http_status = 504;
	o.request = request_of(*state, t, 2, "two");
	o.history.kept = 2;
	close_turn(&f, t, &o);
	t = opened(&f, "r3", "c");
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

static void a_touched_chat_is_not_gone_on_with(void **state)
{
	struct fixture f = begin(*state);
	struct store_outcome o = outcome(*state, STORE_CANCELLED, "");
	struct store_turn *t;
	struct error why;

	play(&f, "r1", 0, "one", "first");
	t = opened(&f, "r2", "c");
	error_set(&why, ERROR_CLIENT_GONE, "left");
	o.error = &why;
	o.chat_touched = true;
	close_turn(&f, t, &o);
	t = opened(&f, "r3", "c");
	assert_int_equal(t->n_messages, 2);
	assert_null(t->bookmark.chat);
	assert_null(t->credential);
}

static void busy(struct fixture *f, const char *request,
		 const char *conversation, bool expected)
{
	struct store_turn *t = database_turn(f->arena, request, conversation);
	struct error e = { .kind = ERROR_KINDS };

	assert_int_equal(store_turn_open(f->store, t, f->arena, &e), !expected);
	if (expected)
		assert_error(&e, ERROR_BUSY, "");
}

static void two_turns_at_once_are_refused(void **state)
{
	struct fixture f = begin(*state);
	struct store_turn *t = opened(&f, "r1", "c");
	struct store_outcome o = outcome(*state, STORE_FAILED, "");
	struct error why;

	busy(&f, "r2", "c", true);
	busy(&f, "r3", "another", false);
	busy(&f, "r4", NULL, false);
	error_set(&why, ERROR_UPSTREAM, "x");
	o.error = &why;
	close_turn(&f, t, &o);
	busy(&f, "r5", "c", false);
	/* What was refused left no row. */
	assert_int_equal(database_int(f.path, "SELECT count(*) FROM requests "
					      "WHERE id = 'r2'"),
			 0);
}

static void a_lease_that_ran_out_frees_the_conversation(void **state)
{
	struct fixture f = begin(*state);
	struct store_turn *t;

	play(&f, "r0", 0, "one", "first");
	opened(&f, "r1", "c");
	database_run(f.path, "UPDATE requests SET lease_until = 5 "
			     "WHERE id = 'r1'");
	t = opened(&f, "r2", "c");
	assert_int_equal(t->n_messages, 2);
	/* Nobody knows what its chat at Kimi holds by now. */
	assert_null(t->bookmark.chat);
	assert_string_equal(
		database_text(*state, f.path,
			      "SELECT status || error_kind FROM requests "
			      "WHERE id = 'r1'"),
		"failedinterrupted");
}

static void renewing_keeps_the_lease(void **state)
{
	struct fixture f = begin(*state);
	struct store_turn *t = opened(&f, "r1", "c");
	int64_t now = clock_wall_ms(), until;
	struct error e;

	database_run(f.path, "UPDATE requests SET lease_until = 5");
	assert_true(store_turn_renew(f.store, t, &e));
	until = database_int(f.path, "SELECT lease_until FROM requests");
	assert_in_range(until, now + TURN_LEASE_MS - 1000,
			now + TURN_LEASE_MS + 10000);
	busy(&f, "r2", "c", true);
}

/* The other process took it for dead and went on. */
static void a_late_end_does_not_write_over_an_interrupted_turn(void **state)
{
	struct fixture f = begin(*state);
	struct store_turn *late = opened(&f, "r1", "c");
	struct store_outcome o = outcome(*state, STORE_DONE, "late");
	struct store_turn *t;
	struct error e;

	database_run(f.path, "UPDATE requests SET lease_until = 5");
	play(&f, "r2", 0, "two", "second");
	o.request = request_of(*state, late, 0, "one");
	assert_false(store_turn_close(f.store, late, &o, *state, &e));
	t = opened(&f, "r3", "c");
	assert_int_equal(t->n_messages, 2);
	assert_string_equal(text_at(&f, t, 1), "second");
}

static void counters_are_the_sums_of_requests(void **state)
{
	static const enum chat_usage_source sources[] = { CHAT_USAGE_UPSTREAM,
							  CHAT_USAGE_ESTIMATED,
							  CHAT_USAGE_NONE };
	struct fixture f = begin(*state);
	struct error why;

	error_set(&why, ERROR_UPSTREAM, "x");
	for (int i = 0; i < 12; i++) {
		const char *name = arena_printf(*state, "r%d", i);
		struct store_turn *t = database_turn(*state, name, NULL);
		struct store_outcome o = outcome(
			*state, i % 4 == 3 ? STORE_FAILED : STORE_DONE, "a");
		struct error e;

		t->key_fingerprint = i % 2 == 0 ? "k" : "l";
		t->model = i % 3 == 0 ? "k2" : "kimi-k3";
		assert_true(store_turn_open(f.store, t, *state, &e));
		o.usage = (struct chat_usage){ sources[i % 3], i, 2 * i, i / 2,
					       i / 3 };
		if (o.usage.source == CHAT_USAGE_NONE)
			o.usage = (struct chat_usage){ 0 };
		o.request = request_of(*state, t, 0, "x");
		o.error = o.status == STORE_DONE ? NULL : &why;
		close_turn(&f, t, &o);
	}
#define SUMS                                                                   \
	"coalesce(sum(prompt_tokens), 0) || ',' || "                           \
	"coalesce(sum(completion_tokens), 0) || ',' || "                       \
	"coalesce(sum(cached_tokens), 0) || ',' || "                           \
	"coalesce(sum(reasoning_tokens), 0)"
#define GROUPS "key_id, model, coalesce(token_source, 'none')"
	assert_string_equal(
		database_text(*state, f.path,
			      "SELECT group_concat(line, ';') FROM (SELECT "
			      "key_id || model || token_source || requests || "
			      "failures || " SUMS
			      " AS line FROM counters GROUP BY " GROUPS
			      " ORDER BY " GROUPS ")"),
		database_text(*state, f.path,
			      "SELECT group_concat(line, ';') FROM (SELECT "
			      "key_id || model || "
			      "coalesce(token_source, 'none') || "
			      "count(*) || sum(status <> 'done') || " SUMS
			      " AS line FROM requests GROUP BY " GROUPS
			      " ORDER BY " GROUPS ")"));
	assert_int_equal(
		database_int(f.path, "SELECT sum(requests) FROM counters"), 12);
}

static void all_of_an_answer_is_kept(void **state)
{
	static struct chat_call calls[] = { { "call_1", "f", "{\"a\":1}" } };
	static struct chat_cited cited[] = { { { "u", "Title" }, 1 } };
	struct fixture f = begin(*state);
	struct store_turn *t = opened(&f, "r1", "c");
	struct store_outcome o = outcome(*state, STORE_DONE, "text");
	struct chat_reply *r = reply_of(*state, "text");

	buf_puts(&r->reasoning, "thoughts");
	r->calls = calls;
	r->n_calls = 1;
	r->cited = cited;
	r->n_cited = 1;
	r->finish = CHAT_FINISH_CALLS;
	o.reply = r;
	o.request = request_of(*state, t, 0, "x");
	close_turn(&f, t, &o);
	assert_string_equal(database_text(*state, f.path,
					  "SELECT citations FROM messages "
					  "WHERE role = 'assistant'"),
			    "[{\"url\":\"u\",\"title\":\"Title\"}]");
	assert_string_equal(database_text(*state, f.path,
					  "SELECT finish_reason || "
					  "first_token_ms || duration_ms "
					  "FROM requests"),
			    "tool_calls1234");
	t = opened(&f, "r2", "c");
	assert_string_equal(t->messages[1].reasoning, "thoughts");
	assert_int_equal(t->messages[1].n_calls, 1);
	assert_string_equal(t->messages[1].calls[0].id, "call_1");
	assert_string_equal(t->messages[1].calls[0].arguments, "{\"a\":1}");
}

static void media_and_tool_results_come_back(void **state)
{
	struct fixture f = begin(*state);
	struct store_turn *t = opened(&f, "r1", "c");
	struct store_outcome o = outcome(*state, STORE_DONE, "seen");
	struct chat_request r = decode(
		*state,
		"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"name\":"
		"\"Ann\",\"content\":[{\"type\":\"text\",\"text\":\"look\"},"
		"{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:x\"}}]},"
		"{\"role\":\"tool\",\"tool_call_id\":\"i\",\"content\":"
		"\"result\"}]}");

	o.request = &r;
	close_turn(&f, t, &o);
	t = opened(&f, "r2", "c");
	assert_int_equal(t->n_messages, 3);
	assert_string_equal(t->messages[0].name, "Ann");
	assert_int_equal(t->messages[0].n_parts, 2);
	assert_int_equal(t->messages[0].parts[1].kind, CHAT_PART_IMAGE);
	assert_string_equal(t->messages[0].parts[1].text, "data:x");
	assert_int_equal(t->messages[1].role, CHAT_TOOL);
	assert_string_equal(t->messages[1].call_id, "i");
}

static void views_tell_sessions_usage_and_errors(void **state)
{
	struct fixture f = begin(*state);

	play(&f, "r1", 0, "How are\nyou?", "well");
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
	opened(&f, "r2", "c");
	database_run(f.path, "UPDATE requests SET lease_until = 5 "
			     "WHERE id = 'r2'");
	assert_string_equal(database_text(*state, f.path,
					  "SELECT request || status "
					  "FROM v_errors"),
			    "r2interrupted");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_conversation_is_there_at_the_next_turn),
		TEST(it_is_there_after_a_restart),
		TEST(another_key_has_another_conversation),
		TEST(a_branch_replaces_what_came_behind_it),
		TEST(a_branch_at_the_beginning_replaces_all),
		TEST(a_failed_turn_leaves_the_conversation_as_it_was),
		TEST(a_touched_chat_is_not_gone_on_with),
		TEST(two_turns_at_once_are_refused),
		TEST(a_lease_that_ran_out_frees_the_conversation),
		TEST(renewing_keeps_the_lease),
		TEST(a_late_end_does_not_write_over_an_interrupted_turn),
		TEST(counters_are_the_sums_of_requests),
		TEST(all_of_an_answer_is_kept),
		TEST(media_and_tool_results_come_back),
		TEST(views_tell_sessions_usage_and_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
