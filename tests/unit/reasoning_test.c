/* SPDX-License-Identifier: MIT */
/* The reasoning of earlier replies is found again, in their conversation. */
#include "tests/unit/support/test.h"

#include "chat/call_id.h"
#include "store/reasoning.h"
#include "store/turn_close.h"
#include "store/turn_open.h"
#include "tests/unit/support/database.h"

struct fixture {
	struct arena *arena;
	const char *path;
	struct store *store;
	struct error error;
};

static struct fixture *begin(struct arena *a)
{
	struct fixture *f = arena_alloc(a, sizeof(*f));

	f->arena = a;
	f->path = database_path(a);
	f->store = database_open(a, f->path);
	return f;
}

static struct chat_message message(struct arena *a, const char *text,
				   const char *call)
{
	struct chat_message m = { .role = CHAT_ASSISTANT };
	struct chat_part *part = arena_alloc(a, sizeof(*part));
	struct chat_call *c = arena_alloc(a, sizeof(*c));

	*c = (struct chat_call){ call, "f", "{}" };
	part->text = text;
	m.parts = part;
	m.n_parts = text != NULL;
	m.calls = c;
	m.n_calls = call != NULL;
	return m;
}

/* What was said before the reply: one question. */
static struct chat_request *asked(struct arena *a, const char *question)
{
	struct chat_request *q = arena_alloc(a, sizeof(*q));
	struct chat_message *m = arena_alloc(a, sizeof(*m));

	*m = message(a, question, NULL);
	m->role = CHAT_USER;
	q->messages = m;
	q->n_messages = 1;
	return q;
}

struct said {
	const char *key, *question, *reasoning, *text, *call;
	enum store_status status;
};

/* A reply that the API key was given. */
static void add(struct fixture *f, const struct said *said)
{
	static unsigned n;
	struct store_turn *t = database_turn(
		f->arena, arena_printf(f->arena, "req_%u", n++), NULL);
	struct chat_reply *r = arena_alloc(f->arena, sizeof(*r));
	struct chat_call c = { said->call, "f", "{}" };
	struct error why = { .kind = ERROR_UPSTREAM };

	t->owner.fingerprint = said->key;
	chat_reply_init(r, f->arena);
	buf_puts(&r->text, said->text == NULL ? "" : said->text);
	buf_puts(&r->reasoning, said->reasoning == NULL ? "" : said->reasoning);
	r->calls = &c;
	r->n_calls = said->call != NULL;
	assert_true(store_turn_close(
		f->store, t,
		&(struct store_outcome){
			.status = said->status,
			.http_status = 200,
			.reply = r,
			.request = asked(f->arena, said->question),
			.first_token_ms = -1,
			.error = said->status == STORE_DONE ? NULL : &why },
		f->arena, &f->error));
}

static void add_reply(struct fixture *f, const char *key, const char *question,
		      const char *reasoning, const char *text, const char *call)
{
	add(f,
	    &(struct said){ key, question, reasoning, text, call, STORE_DONE });
}

/* The reasoning of a reply that the client sends back. */
static const char *found(struct fixture *f, const char *key,
			 const char *question, const char *text,
			 const char *call)
{
	struct chat_message m[2] = { *asked(f->arena, question)->messages,
				     message(f->arena, text, call) };
	const struct chat_request q = { .messages = m, .n_messages = 2 };

	assert_true(store_reasoning_fill(
		f->store, &(struct store_recall){ key, &q, m, 0, false },
		f->arena, &f->error));
	assert_null(m[0].reasoning);
	return m[1].reasoning;
}

static void reasoning_is_found_by_call_and_by_history(void **state)
{
	struct fixture *f = begin(*state);
	const char *call = call_id_wrap(f->arena, "f:0");

	add_reply(f, "k", "q", "of the call", "words", call);
	add_reply(f, "k", "q", "of the text", " words\n", NULL);
	assert_string_equal(found(f, "k", "q", NULL, call), "of the call");
	assert_string_equal(found(f, "k", "x", "other", call), "of the call");
	assert_string_equal(found(f, "k", "q", "words", NULL), "of the text");
	assert_null(found(f, "k", "q", "other", NULL));
	assert_null(found(f, "k", "q", "words", call_id_wrap(f->arena, "f:0")));
	assert_null(found(f, "k", "q", NULL, NULL));
	f->store = database_open(f->arena, f->path);
	assert_string_equal(found(f, "k", "q", NULL, call), "of the call");
}

static void another_conversation_does_not_find_reasoning(void **state)
{
	struct fixture *f = begin(*state);

	add_reply(f, "k", "Mr A", "of Mr A", "Yes.", NULL);
	assert_null(found(f, "k", "Mr B", "Yes.", NULL));
	add_reply(f, "k", "Mr B", "of Mr B", "Yes.", NULL);
	assert_string_equal(found(f, "k", "Mr A", "Yes.", NULL), "of Mr A");
	assert_string_equal(found(f, "k", "Mr B", "Yes.", NULL), "of Mr B");
}

/* Clients number their calls, and each begins with 0. */
static void an_id_of_others_finds_no_reasoning(void **state)
{
	struct fixture *f = begin(*state);

	add_reply(f, "k", "q", "secret", NULL, "call_0");
	assert_null(found(f, "k", "q", NULL, "call_0"));
}

/* Clients also send reasoning: it stays with the messages they sent. */
static void what_a_client_sent_is_not_found(void **state)
{
	struct fixture *f = begin(*state);
	const char *call = call_id_wrap(f->arena, "f:0");
	struct store_turn *t = database_turn(f->arena, "req_a", "talk");
	struct chat_message m[3] = { *asked(f->arena, "q")->messages,
				     message(f->arena, "words", NULL),
				     message(f->arena, NULL, call) };
	struct chat_request q = { .n_messages = 3 };
	struct chat_reply *r = arena_alloc(f->arena, sizeof(*r));

	m[1].reasoning = m[2].reasoning = "secret";
	q.messages = m;
	chat_reply_init(r, f->arena);
	assert_true(store_turn_open(f->store, t, f->arena, &f->error));
	assert_true(store_turn_close(
		f->store, t,
		&(struct store_outcome){ .http_status = 200,
					 .reply = r,
					 .request = &q,
					 .first_token_ms = -1 },
		f->arena, &f->error));
	assert_null(found(f, t->owner.fingerprint, "q", "words", NULL));
	assert_null(found(f, t->owner.fingerprint, "q", NULL, call));

	t = database_turn(f->arena, "req_b", "talk");
	assert_true(store_turn_read(f->store, t, f->arena, &f->error));
	assert_int_equal(t->n_messages, 3);
	assert_string_equal(t->messages[1].reasoning, "secret");
	assert_string_equal(t->messages[2].reasoning, "secret");
}

/* Such rows are in files of earlier versions. */
static void old_rows_of_clients_are_not_found(void **state)
{
	struct fixture *f = begin(*state);
	const char *call = call_id_wrap(f->arena, "f:0");

	add_reply(f, "k", "q", "secret", NULL, call);
	database_run(f->path, "UPDATE messages SET reply = 0");
	assert_null(found(f, "k", "q", NULL, call));
}

static void another_key_does_not_find_reasoning(void **state)
{
	struct fixture *f = begin(*state);
	const char *call = call_id_wrap(f->arena, "f:0");

	add_reply(f, "k", "q", "secret", "words", NULL);
	add_reply(f, "k", "q", "secret", NULL, call);
	assert_null(found(f, "l", "q", "words", NULL));
	assert_null(found(f, "l", "q", NULL, call));
	add_reply(f, "l", "q", "own", "words", NULL);
	assert_string_equal(found(f, "l", "q", "words", NULL), "own");
	assert_string_equal(found(f, "k", "q", "words", NULL), "secret");
}

static void the_latest_reply_with_reasoning_wins(void **state)
{
	struct fixture *f = begin(*state);

	add_reply(f, "k", "q", "first", "words", NULL);
	add_reply(f, "k", "q", "second", "words", NULL);
	add_reply(f, "k", "q", NULL, "words", NULL);
	assert_string_equal(found(f, "k", "q", "words", NULL), "second");
}

/* Clients may send back what came before a reply broke off. */
static void reasoning_of_a_partial_reply_is_found(void **state)
{
	struct fixture *f = begin(*state);

	add(f, &(struct said){ "k", "q", "so far", "what came", NULL,
			       STORE_FAILED });
	assert_string_equal(found(f, "k", "q", "what came", NULL), "so far");
}

static void only_replies_without_reasoning_are_filled(void **state)
{
	struct fixture *f = begin(*state);
	struct chat_message m[4];
	const struct chat_request q = { .messages = m, .n_messages = COUNT(m) };
	const char *call = call_id_wrap(f->arena, "f:0");

	add_reply(f, "k", "q", "stored", NULL, call);
	for (size_t i = 0; i < COUNT(m); i++)
		m[i] = message(f->arena, NULL, call);
	m[0].role = CHAT_USER;
	m[1].reasoning = "own";
	assert_true(store_reasoning_fill(
		f->store, &(struct store_recall){ "k", &q, m, 3, false },
		f->arena, &f->error));
	assert_null(m[0].reasoning);
	assert_string_equal(m[1].reasoning, "own");
	assert_string_equal(m[2].reasoning, "stored");
	assert_string_equal(m[3].reasoning, "stored");
}

/* The store knows that Kimi gave it none. */
static void a_kept_reply_is_not_filled_by_its_text(void **state)
{
	struct fixture *f = begin(*state);
	struct chat_message m[2] = { *asked(f->arena, "q")->messages,
				     message(f->arena, "words", NULL) };
	const struct chat_request q = { .messages = m, .n_messages = 2 };
	struct store_recall recall = { "k", &q, m, 2, false };

	add_reply(f, "k", "q", "of another", "words", NULL);
	assert_true(
		store_reasoning_fill(f->store, &recall, f->arena, &f->error));
	assert_null(m[1].reasoning);
	recall.kept = 1;
	assert_true(
		store_reasoning_fill(f->store, &recall, f->arena, &f->error));
	assert_string_equal(m[1].reasoning, "of another");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reasoning_is_found_by_call_and_by_history),
		TEST(another_conversation_does_not_find_reasoning),
		TEST(an_id_of_others_finds_no_reasoning),
		TEST(what_a_client_sent_is_not_found),
		TEST(old_rows_of_clients_are_not_found),
		TEST(another_key_does_not_find_reasoning),
		TEST(the_latest_reply_with_reasoning_wins),
		TEST(reasoning_of_a_partial_reply_is_found),
		TEST(only_replies_without_reasoning_are_filled),
		TEST(a_kept_reply_is_not_filled_by_its_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
