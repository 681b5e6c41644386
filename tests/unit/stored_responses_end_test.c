/* SPDX-License-Identifier: MIT */
/* Stored responses that are cancelled or deleted. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "store/conversations.h"
#include "store/reasoning.h"
#include "tests/unit/support/turns.h"

static void a_cancelled_turn_notices_when_it_renews(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = turns_store_open(&f, "resp_1", "c", NULL);
	struct store_turn *other = database_turn(*state, "r2", "c");
	struct stored_response response;
	struct error e;

	assert_true(store_turn_renew(f.store, t, &e));
	turns_cancel(&f, "resp_1");
	response = turns_response(&f, "resp_1");
	assert_int_equal(response.status, STORED_RESPONSE_CANCELLED);
	assert_string_equal(response.error_kind, "client_gone");
	assert_false(store_turn_renew(f.store, t, &e));
	assert_error(&e, ERROR_CLIENT_GONE, "");
	/* Its process may still change the chat at Kimi. */
	assert_false(store_turn_open(f.store, other, *state, &e));
	assert_error(&e, ERROR_BUSY, "");
	assert_true(turns_end(&f, t, STORE_CANCELLED, "one", "part", &e));
	response = turns_response(&f, "resp_1");
	assert_int_equal(response.status, STORED_RESPONSE_CANCELLED);
	assert_int_equal(response.usage.prompt, 10);
	assert_string_equal(turns_texts(&f, response.input, 1), "one");
	assert_string_equal(turns_texts(&f, response.message, 1), "part");
	assert_string_equal(database_text(*state, f.path,
					  "SELECT status FROM requests"),
			    "cancelled");
}

/* The client that cancelled it knows that already. */
static void a_cancelled_response_is_not_recorded_as_done(void **state)
{
	static const enum store_status ends[] = { STORE_DONE, STORE_FAILED };
	struct turns f = turns_begin(*state);

	for (size_t i = 0; i < COUNT(ends); i++) {
		const char *id = arena_printf(*state, "resp_%zu", i);
		struct store_turn *t = turns_store_open(&f, id, "c", NULL);
		struct error e = { .kind = ERROR_KINDS };

		turns_cancel(&f, id);
		assert_int_equal(turns_end(&f, t, ends[i], "one", "all", &e),
				 ends[i] == STORE_FAILED);
		if (ends[i] == STORE_DONE)
			assert_error(&e, ERROR_CLIENT_GONE, "");
		assert_int_equal(turns_response(&f, id).status,
				 STORED_RESPONSE_CANCELLED);
		assert_string_equal(
			turns_texts(&f, turns_response(&f, id).message, 1),
			"all");
	}
	assert_int_equal(turns_opened(&f, "r2", "c")->n_messages, 0);
	assert_string_equal(database_text(*state, f.path,
					  "SELECT group_concat(DISTINCT status "
					  "|| error_kind) FROM requests "
					  "WHERE id <> 'r2'"),
			    "cancelledclient_gone");
	assert_int_equal(database_int(f.path,
				      "SELECT sum(failures) FROM usage_by_day"),
			 2);
}

static void cancelling_a_response_that_has_ended_does_nothing(void **state)
{
	struct turns f = turns_begin(*state);

	turns_store(&f, "resp_1", NULL, NULL, "one", "first");
	turns_cancel(&f, "resp_1");
	assert_int_equal(turns_response(&f, "resp_1").status,
			 STORED_RESPONSE_DONE);
	turns_store_open(&f, "resp_2", NULL, NULL);
	database_run(f.path, "UPDATE requests SET lease_uptime = 5 "
			     "WHERE id = 'resp_2'");
	turns_cancel(&f, "resp_2");
	assert_int_equal(turns_response(&f, "resp_2").status,
			 STORED_RESPONSE_FAILED);
}

static void a_running_response_cannot_be_deleted(void **state)
{
	struct turns f = turns_begin(*state);
	struct error e = { .kind = ERROR_KINDS };

	turns_store_open(&f, "resp_1", NULL, NULL);
	assert_false(stored_response_delete(f.store, "k", "resp_1", &e));
	assert_error(&e, ERROR_BUSY, "");
	turns_response(&f, "resp_1");
}

static void no_byte_of_a_deleted_response_is_left(void **state)
{
	struct turns f = turns_begin(*state);
	char *filler = arena_alloc(*state, 20001);
	struct store_turn *t;
	struct error e;

	memset(filler, 'x', 20000);
	turns_store(&f, "resp_0", NULL, NULL, "stays", "stays too");
	t = turns_store_open(&f, "resp_1", NULL, "resp_0");
	assert_true(turns_end(
		&f, t, STORE_DONE, "the question of this test",
		arena_printf(*state, "%sthe reply of this test", filler), &e));
	assert_true(stored_response_set_metadata(
		f.store, "k", "resp_1", "{\"m\":\"the label of this test\"}",
		&e));
	assert_true(turns_file_holds(&f, "the question of this test"));
	assert_true(turns_file_holds(&f, "the reply of this test"));
	assert_true(turns_file_holds(&f, "the label of this test"));
	turns_delete(&f, "resp_1");
	assert_false(turns_file_holds(&f, "the question of this test"));
	assert_false(turns_file_holds(&f, "the reply of this test"));
	assert_false(turns_file_holds(&f, "the label of this test"));
	assert_true(turns_file_holds(&f, "stays too"));
	assert_int_equal(
		database_int(f.path, "SELECT count(*) FROM v_messages"), 2);
	/* Usage stays: it is not text. */
	assert_int_equal(database_int(f.path, "SELECT sum(prompt_tokens) "
					      "FROM requests"),
			 20);
}

/* An error message of Kimi may quote the text. */
static void the_error_of_a_deleted_response_is_deleted_too(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_conversation c;
	struct error e;

	assert_true(turns_end(&f, turns_store_open(&f, "resp_1", NULL, NULL),
			      STORE_FAILED, "one", "first", &e));
	assert_true(turns_file_holds(&f, "broken"));
	turns_delete(&f, "resp_1");
	assert_false(turns_file_holds(&f, "broken"));
	assert_true(turns_end(&f, turns_store_open(&f, "resp_2", "c", NULL),
			      STORE_FAILED, "one", "first", &e));
	assert_true(turns_file_holds(&f, "broken"));
	assert_true(store_conversation_find(f.store, "k", "c", &c, *state, &e));
	assert_true(store_conversation_delete(f.store, &c, &e));
	assert_false(turns_file_holds(&f, "broken"));
}

static void a_late_process_writes_nothing_to_a_deleted_response(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *dead = turns_store_open(&f, "resp_1", NULL, NULL);
	struct store_turn *slow = turns_store_open(&f, "resp_2", NULL, NULL);
	struct chat_request *r = turns_request(*state, slow, 0, "early");
	struct error e = { .kind = ERROR_KINDS };

	database_run(f.path, "UPDATE requests SET lease_uptime = 5 "
			     "WHERE id = 'resp_1'");
	turns_delete(&f, "resp_1");
	assert_false(turns_end(&f, dead, STORE_DONE, "one", "late", &e));
	assert_error(&e, ERROR_SETUP, "");
	assert_false(store_turn_renew(f.store, dead, &e));
	assert_error(&e, ERROR_SETUP, "");
	assert_true(store_turn_store_input(f.store, slow, r, 0, *state, &e));
	turns_cancel(&f, "resp_2");
	turns_delete(&f, "resp_2");
	assert_true(store_turn_store_input(f.store, slow, r, 0, *state, &e));
	assert_true(turns_end(&f, slow, STORE_CANCELLED, "two", "later", &e));
	assert_int_equal(database_int(f.path, "SELECT count(*) FROM messages"),
			 0);
	assert_int_equal(database_int(f.path, "SELECT sum(requests) "
					      "FROM usage_by_day"),
			 2);
}

static void
messages_of_a_deleted_response_stay_in_the_conversation(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t;

	turns_store(&f, "resp_1", "c", NULL, "one", "first");
	turns_store(&f, "resp_2", "c", NULL, "two", "second");
	turns_delete(&f, "resp_2");
	turns_not_found(&f, "k", "resp_2");
	t = turns_opened(&f, "r3", "c");
	assert_string_equal(turns_texts(&f, t->messages, t->n_messages),
			    "one|first|two|second");
	database_run(f.path, "UPDATE requests SET status = 'failed' "
			     "WHERE id = 'r3'");
	/* Once it leaves the conversation, nothing holds it. */
	turns_play(&f, "r4", 2, "other", "third");
	assert_int_equal(database_int(f.path, "SELECT count(*) FROM messages "
					      "WHERE content = 'second'"),
			 0);
}

/* Of a reply that a client sends back after the question "x". */
static const char *recalled(struct turns *f, const char *text)
{
	struct chat_part parts[2] = { { .text = "x" }, { .text = text } };
	struct chat_message m[2] = {
		{ .role = CHAT_USER, .parts = &parts[0], .n_parts = 1 },
		{ .role = CHAT_ASSISTANT, .parts = &parts[1], .n_parts = 1 },
	};
	const struct chat_request q = { .messages = m, .n_messages = 2 };
	struct error e;

	assert_true(store_reasoning_fill(
		f->store, &(struct store_recall){ "k", &q, m, 0, false },
		f->arena, &e));
	return m[1].reasoning;
}

static void store_thoughts(struct turns *f, const char *id, bool ephemeral,
			   const char *reply)
{
	struct store_turn *t = database_turn(f->arena, id, NULL);
	struct store_as as = { .id = id, .kind = "response", .settings = "{}" };
	struct store_outcome o = turns_outcome(f->arena, STORE_DONE, reply);
	struct chat_reply *r = turns_reply(f->arena, reply);

	t->ephemeral = ephemeral;
	t->store_as = ephemeral ? NULL : &as;
	turns_open(f, t);
	buf_puts(&r->reasoning, "thoughts");
	o.reply = r;
	o.request = turns_request(f->arena, t, 0, "x");
	turns_close(f, t, &o);
}

static void reasoning_that_is_deleted_or_ephemeral_is_not_found(void **state)
{
	struct turns f = turns_begin(*state);

	store_thoughts(&f, "resp_1", false, "first");
	store_thoughts(&f, "resp_2", true, "second");
	assert_string_equal(recalled(&f, "first"), "thoughts");
	assert_null(recalled(&f, "second"));
	turns_delete(&f, "resp_1");
	assert_null(recalled(&f, "first"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_cancelled_turn_notices_when_it_renews),
		TEST(a_cancelled_response_is_not_recorded_as_done),
		TEST(cancelling_a_response_that_has_ended_does_nothing),
		TEST(a_running_response_cannot_be_deleted),
		TEST(no_byte_of_a_deleted_response_is_left),
		TEST(the_error_of_a_deleted_response_is_deleted_too),
		TEST(a_late_process_writes_nothing_to_a_deleted_response),
		TEST(messages_of_a_deleted_response_stay_in_the_conversation),
		TEST(reasoning_that_is_deleted_or_ephemeral_is_not_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
