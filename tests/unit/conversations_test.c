/* SPDX-License-Identifier: MIT */
/* Conversations: added, filled, changed, deleted. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "store/conversations.h"
#include "store/messages.h"
#include "store/reasoning.h"
#include "store/stream_log.h"
#include "tests/unit/support/turns.h"

static const struct store_owner owner = { .fingerprint = "k",
					  .label = "key",
					  .space = INT64_MAX };

static struct store_conversation add(struct turns *f, const char *name)
{
	struct store_conversation c = { .name = name };
	struct error e;

	if (!store_conversation_add(f->store, &owner, &c, f->arena, &e))
		fail_msg("%s", e.message);
	return c;
}

static struct store_conversation find(struct turns *f, const char *name)
{
	struct store_conversation c;
	struct error e;

	if (!store_conversation_find(f->store, "k", name, &c, f->arena, &e))
		fail_msg("%s", e.message);
	return c;
}

static const char *texts(struct turns *f, const struct store_conversation *c)
{
	struct chat_message *messages;
	struct error e;
	size_t n;

	if (!store_conversation_messages(f->store, c, &messages, &n, f->arena,
					 &e))
		fail_msg("%s", e.message);
	return turns_texts(f, messages, n);
}

static struct chat_message *
message_at(struct turns *f, const struct store_conversation *c, size_t i)
{
	struct chat_message *messages;
	struct error e;
	size_t n;

	assert_true(store_conversation_messages(f->store, c, &messages, &n,
						f->arena, &e));
	assert_true(i < n);
	return &messages[i];
}

static struct chat_message said(struct turns *f, enum chat_role role,
				const char *text)
{
	struct chat_part *part = arena_alloc(f->arena, sizeof(*part));

	part->text = text;
	return (struct chat_message){ .role = role,
				      .parts = part,
				      .n_parts = 1 };
}

static void appended(struct turns *f, const struct store_conversation *c,
		     const char *text)
{
	struct chat_message m = said(f, CHAT_USER, text);
	struct error e;

	if (!store_conversation_append(f->store, c, &m, 1, f->arena, &e))
		fail_msg("%s", e.message);
	assert_int_equal(strlen(m.uid), 24);
}

static void deleted(struct turns *f, const struct store_conversation *c)
{
	struct error e;

	if (!store_conversation_delete(f->store, c, &e))
		fail_msg("%s", e.message);
}

static void a_conversation_is_added_and_found(void **state)
{
	struct turns f = turns_begin(*state);
	struct error e = { .kind = ERROR_KINDS };
	struct store_conversation c = { .name = "conv_1",
					.metadata = "{\"a\":\"b\"}" };
	struct store_conversation again;

	assert_true(store_conversation_add(f.store, &owner, &c, *state, &e));
	assert_string_equal(c.name, "conv_1");
	assert_string_equal(c.metadata, "{\"a\":\"b\"}");
	assert_true(c.created_ms > 0);
	f.store = database_open(*state, f.path);
	again = find(&f, "conv_1");
	assert_int_equal(again.row, c.row);
	assert_string_equal(again.metadata, "{\"a\":\"b\"}");
	assert_null(again.chat);
	assert_string_equal(texts(&f, &again), "");
	assert_false(store_conversation_add(f.store, &owner, &c, *state, &e));
	assert_error(&e, ERROR_VALUE, "id");
	assert_string_equal(add(&f, "conv_2").metadata, "{}");
}

static void a_conversation_belongs_to_its_key(void **state)
{
	struct turns f = turns_begin(*state);
	struct error e = { .kind = ERROR_KINDS };
	struct store_conversation c;
	struct chat_message m;

	add(&f, "conv_1");
	turns_play(&f, "r1", 0, "one", "first");
	assert_false(store_conversation_find(f.store, "other", "conv_1", &c,
					     *state, &e));
	assert_error(&e, ERROR_NOT_FOUND, "id");
	assert_false(
		store_conversation_find(f.store, "other", "c", &c, *state, &e));
	c = find(&f, "c");
	assert_true(store_message_find(f.store, "k", message_at(&f, &c, 0)->uid,
				       &m, *state, &e));
	assert_string_equal(turns_texts(&f, &m, 1), "one");
	assert_false(store_message_find(
		f.store, "other", message_at(&f, &c, 0)->uid, &m, *state, &e));
	assert_error(&e, ERROR_NOT_FOUND, "id");
}

static void turns_happen_in_an_added_conversation(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_conversation c = add(&f, "c"), again;
	struct store_turn *t;

	appended(&f, &c, "zero");
	turns_play(&f, "r1", 1, "one", "first");
	again = find(&f, "c");
	assert_int_equal(again.row, c.row);
	assert_string_equal(again.chat, "chat");
	assert_string_equal(again.credential, "fingerprint");
	assert_string_equal(texts(&f, &c), "zero|one|first");
	appended(&f, &c, "two");
	/* Its chat at Kimi does not have that message. */
	assert_null(find(&f, "c").chat);
	t = turns_opened(&f, "r2", "c");
	assert_string_equal(turns_texts(&f, t->messages, t->n_messages),
			    "zero|one|first|two");
	assert_null(t->bookmark.chat);
}

static void messages_without_a_request_are_deleted_by_a_branch(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_conversation c = add(&f, "c");

	appended(&f, &c, "zero");
	turns_play(&f, "r1", 0, "anew", "first");
	assert_string_equal(texts(&f, &c), "anew|first");
	assert_int_equal(database_int(f.path, "SELECT count(*) FROM messages"),
			 2);
}

static void metadata_is_replaced(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_conversation c = add(&f, "c");
	struct error e;

	assert_true(store_conversation_set_metadata(f.store, &c,
						    "{\"a\":\"b\"}", &e));
	assert_string_equal(find(&f, "c").metadata, "{\"a\":\"b\"}");
	assert_true(store_conversation_set_metadata(f.store, &c, NULL, &e));
	assert_string_equal(find(&f, "c").metadata, "{}");
}

static struct chat_message changed_to(void *ctx, const struct chat_message *m)
{
	const struct chat_message *other = ctx;

	assert_string_equal(m->uid, other->uid);
	return *other;
}

/* Replaces the message with the same uid. */
static bool replace(struct turns *f, const struct store_conversation *c,
		    struct chat_message *m, struct error *e)
{
	const struct store_change change = { changed_to, m };

	return store_conversation_change(f->store, c, m->uid, &change, f->arena,
					 e);
}

static void a_conversation_cannot_change_while_a_turn_runs(void **state)
{
	struct turns f = turns_begin(*state);
	struct error e = { .kind = ERROR_KINDS };
	struct store_conversation c;
	struct chat_message m;

	turns_play(&f, "r1", 0, "one", "first");
	c = find(&f, "c");
	turns_opened(&f, "r2", "c");
	m = *message_at(&f, &c, 0);
	assert_false(store_conversation_append(f.store, &c, &m, 1, *state, &e));
	assert_error(&e, ERROR_BUSY, "");
	m = *message_at(&f, &c, 0);
	assert_false(replace(&f, &c, &m, &e));
	assert_error(&e, ERROR_BUSY, "");
	assert_false(store_conversation_delete(f.store, &c, &e));
	assert_error(&e, ERROR_BUSY, "");
	assert_string_equal(texts(&f, &c), "one|first");
	database_run(f.path, "UPDATE requests SET lease_uptime = 5 "
			     "WHERE id = 'r2'");
	deleted(&f, &c);
}

static void a_changed_message_changes_in_stored_responses_too(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_stream_log log = { 0 };
	struct store_conversation c;
	struct chat_message m, old;
	struct stored_response response;
	struct error e = { .kind = ERROR_KINDS };
	struct store_turn *t = turns_store_open(&f, "resp_1", "c", NULL);

	assert_true(store_stream_log_add(f.store, t->row, "the first", &e));
	assert_true(turns_end(&f, t, STORE_DONE, "one", "the first", &e));
	c = find(&f, "c");
	old = *message_at(&f, &c, 1);
	assert_true(turns_file_holds(&f, "the first"));
	m = said(&f, CHAT_ASSISTANT, "another");
	m.uid = old.uid;
	assert_true(replace(&f, &c, &m, &e));
	assert_string_equal(texts(&f, &c), "one|another");
	response = turns_response(&f, "resp_1");
	assert_string_equal(turns_texts(&f, response.message, 1), "another");
	assert_string_equal(response.message->uid, old.uid);
	assert_true(store_stream_log_read(f.store, response.seq, false, &log,
					  *state, &e));
	assert_int_equal(log.n, 0);
	assert_false(turns_file_holds(&f, "the first"));
	m.n_parts = 0;
	assert_true(replace(&f, &c, &m, &e));
	assert_string_equal(texts(&f, &c), "one");
	assert_null(turns_response(&f, "resp_1").message);
	assert_false(turns_file_holds(&f, "another"));
	assert_false(replace(&f, &c, &m, &e));
	assert_error(&e, ERROR_NOT_FOUND, "item_id");
}

static void a_message_of_another_conversation_is_not_changed(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_conversation c = add(&f, "conv_1");
	struct store_conversation other;
	struct chat_message m;
	struct error e = { .kind = ERROR_KINDS };

	turns_play(&f, "r1", 0, "one", "first");
	other = find(&f, "c");
	m = *message_at(&f, &other, 0);
	assert_false(replace(&f, &c, &m, &e));
	assert_error(&e, ERROR_NOT_FOUND, "item_id");
}

static void no_byte_of_a_deleted_conversation_is_left(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_conversation c = add(&f, "c");
	struct store_turn *t;
	struct error e;

	assert_true(store_conversation_set_metadata(
		f.store, &c, "{\"a\":\"whispered label\"}", &e));
	appended(&f, &c, "whispered zero");
	turns_play(&f, "r1", 1, "whispered one", "whispered first");
	/* A branch replaces it, and one reply fails. */
	turns_play(&f, "r2", 1, "other", "whispered second");
	t = turns_store_open(&f, "resp_1", "c", NULL);
	assert_true(
		store_stream_log_add(f.store, t->row, "whispered events", &e));
	assert_true(turns_end(&f, t, STORE_FAILED, "whispered try",
			      "whispered part", &e));
	turns_store(&f, "resp_2", "c", NULL, "whispered two",
		    "whispered third");
	turns_store(&f, "resp_3", NULL, "resp_2", "stays", "stays too");
	store_empty_log(f.store);
	assert_true(turns_file_holds(&f, "whispered"));
	deleted(&f, &c);
	assert_false(turns_file_holds(&f, "whispered"));
	turns_not_found(&f, "k", "resp_1");
	turns_not_found(&f, "k", "resp_2");
	assert_string_equal(
		turns_texts(&f, turns_response(&f, "resp_3").message, 1),
		"stays too");
	assert_int_equal(
		database_int(f.path, "SELECT count(*) FROM v_sessions"), 0);
	assert_int_equal(
		database_int(f.path, "SELECT count(*) FROM v_messages"), 2);
	assert_int_equal(database_int(f.path, "SELECT sum(prompt_tokens) "
					      "FROM requests"),
			 50);
	t = database_turn(*state, "r9", NULL);
	t->previous = "resp_3";
	turns_open(&f, t);
	assert_string_equal(turns_texts(&f, t->messages, t->n_messages),
			    "stays|stays too");
}

/* SQLite uses row ids again: one found earlier must not mean another row. */
static void a_deleted_conversation_is_not_mistaken_for_a_new_one(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_conversation c = add(&f, "c"), next = c;
	static const struct store_owner stranger = { .fingerprint = "other",
						     .label = "label",
						     .space = INT64_MAX };
	struct chat_message m = said(&f, CHAT_USER, "x"), *messages;
	struct error e = { .kind = ERROR_KINDS };
	size_t n;

	deleted(&f, &c);
	assert_true(
		store_conversation_add(f.store, &stranger, &next, *state, &e));
	assert_int_equal(next.row, c.row);
	assert_false(store_conversation_append(f.store, &c, &m, 1, *state, &e));
	assert_error(&e, ERROR_NOT_FOUND, "id");
	assert_false(store_conversation_set_metadata(f.store, &c, "{}", &e));
	assert_false(store_conversation_delete(f.store, &c, &e));
	assert_error(&e, ERROR_NOT_FOUND, "id");
	assert_false(store_conversation_messages(f.store, &c, &messages, &n,
						 *state, &e));
	assert_error(&e, ERROR_NOT_FOUND, "id");
}

static void messages_without_a_request_are_in_the_views(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_conversation c = add(&f, "c");

	assert_string_equal(database_text(*state, f.path,
					  "SELECT session || key || turns || "
					  "messages || tokens || "
					  "(model IS NULL) FROM v_sessions"),
			    "ckey0001");
	appended(&f, &c, "zero");
	assert_string_equal(
		database_text(*state, f.path,
			      "SELECT turns || messages || begins_with "
			      "FROM v_sessions"),
		"01zero");
	assert_string_equal(database_text(*state, f.path,
					  "SELECT session || key || role || "
					  "content FROM v_messages"),
			    "ckeyuserzero");
}

/* Of a reply that a stateless client sends back after the question "x". */
static const char *recalled(struct turns *f, const char *key, const char *text)
{
	struct chat_message m[2] = { said(f, CHAT_USER, "x"),
				     said(f, CHAT_ASSISTANT, text) };
	const struct chat_request q = { .messages = m, .n_messages = 2 };
	struct error e;

	assert_true(store_reasoning_fill(
		f->store, &(struct store_recall){ key, &q, m, 0, false },
		f->arena, &e));
	return m[1].reasoning;
}

static void reasoning_that_a_client_added_is_not_found(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_conversation c = add(&f, "c");
	struct chat_message m = said(&f, CHAT_ASSISTANT, "answer");
	struct error e;

	appended(&f, &c, "x");
	m.reasoning = "thoughts";
	assert_true(store_conversation_append(f.store, &c, &m, 1, *state, &e));
	assert_string_equal(message_at(&f, &c, 1)->reasoning, "thoughts");
	assert_null(recalled(&f, "k", "answer"));
	assert_true(replace(&f, &c, &m, &e));
	assert_null(recalled(&f, "k", "answer"));
}

static void reasoning_of_a_reply_is_found_until_deleted(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_conversation c = add(&f, "c");
	struct store_turn *t = turns_opened(&f, "r1", "c");
	struct store_outcome o = turns_outcome(*state, STORE_DONE, "answer");
	struct chat_reply *r = turns_reply(*state, "answer");
	struct chat_message m;
	struct error e;

	buf_puts(&r->reasoning, "thoughts");
	o.reply = r;
	o.request = turns_request(*state, t, 0, "x");
	turns_close(&f, t, &o);
	assert_string_equal(recalled(&f, "k", "answer"), "thoughts");
	assert_null(recalled(&f, "other", "answer"));
	m = *message_at(&f, &c, 1);
	assert_true(replace(&f, &c, &m, &e));
	assert_string_equal(recalled(&f, "k", "answer"), "thoughts");
	m.reasoning = NULL;
	assert_true(replace(&f, &c, &m, &e));
	assert_null(recalled(&f, "k", "answer"));
	m.reasoning = "the client's";
	assert_true(replace(&f, &c, &m, &e));
	assert_null(recalled(&f, "k", "answer"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_conversation_is_added_and_found),
		TEST(a_conversation_belongs_to_its_key),
		TEST(turns_happen_in_an_added_conversation),
		TEST(messages_without_a_request_are_deleted_by_a_branch),
		TEST(metadata_is_replaced),
		TEST(a_conversation_cannot_change_while_a_turn_runs),
		TEST(a_changed_message_changes_in_stored_responses_too),
		TEST(a_message_of_another_conversation_is_not_changed),
		TEST(no_byte_of_a_deleted_conversation_is_left),
		TEST(a_deleted_conversation_is_not_mistaken_for_a_new_one),
		TEST(messages_without_a_request_are_in_the_views),
		TEST(reasoning_that_a_client_added_is_not_found),
		TEST(reasoning_of_a_reply_is_found_until_deleted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
