/* SPDX-License-Identifier: MIT */
/* The reasoning of earlier replies is found again. */
#include "tests/unit/support/test.h"

#include "store/reasoning.h"
#include "store/turn_close.h"
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

/* A reply that the key was given. */
static void add_reply(struct fixture *f, const char *key,
		      enum store_status status, const char *reasoning,
		      const char *text, const char *call)
{
	static unsigned n;
	struct store_turn *t = database_turn(
		f->arena, arena_printf(f->arena, "req_%u", n++), NULL);
	struct chat_reply *r = arena_alloc(f->arena, sizeof(*r));
	struct chat_call c = { call, "f", "{}" };
	struct error why = { .kind = ERROR_UPSTREAM };

	t->key_fingerprint = key;
	chat_reply_init(r, f->arena);
	buf_puts(&r->text, text == NULL ? "" : text);
	buf_puts(&r->reasoning, reasoning == NULL ? "" : reasoning);
	r->calls = &c;
	r->n_calls = call != NULL;
	assert_true(store_turn_close(
		f->store, t,
		&(struct store_outcome){ .status = status,
					 .http_status = 200,
					 .reply = r,
					 .first_token_ms = -1,
					 .error = status == STORE_DONE ? NULL :
									 &why },
		f->arena, &f->error));
}

static const char *found(struct fixture *f, const char *key, const char *text,
			 const char *call)
{
	struct chat_message m = message(f->arena, text, call);

	assert_true(store_reasoning_fill(f->store, key, &m, 1, f->arena,
					 &f->error));
	return m.reasoning;
}

static void reasoning_is_found_by_call_and_by_text(void **state)
{
	struct fixture *f = begin(*state);

	add_reply(f, "k", STORE_DONE, "of the call", "words", "call_1");
	add_reply(f, "k", STORE_DONE, "of the text", " words\n", NULL);
	assert_string_equal(found(f, "k", NULL, "call_1"), "of the call");
	assert_string_equal(found(f, "k", "other", "call_1"), "of the call");
	assert_string_equal(found(f, "k", "words", NULL), "of the text");
	assert_null(found(f, "k", "other", NULL));
	assert_null(found(f, "k", "words", "call_2"));
	assert_null(found(f, "k", NULL, NULL));
	f->store = database_open(f->arena, f->path);
	assert_string_equal(found(f, "k", NULL, "call_1"), "of the call");
}

static void another_key_does_not_find_reasoning(void **state)
{
	struct fixture *f = begin(*state);

	add_reply(f, "k", STORE_DONE, "secret", "words", NULL);
	add_reply(f, "k", STORE_DONE, "secret", NULL, "call_1");
	assert_null(found(f, "l", "words", NULL));
	assert_null(found(f, "l", NULL, "call_1"));
	add_reply(f, "l", STORE_DONE, "own", "words", NULL);
	assert_string_equal(found(f, "l", "words", NULL), "own");
	assert_string_equal(found(f, "k", "words", NULL), "secret");
}

static void the_latest_reply_with_reasoning_wins(void **state)
{
	struct fixture *f = begin(*state);

	add_reply(f, "k", STORE_DONE, "first", "words", NULL);
	add_reply(f, "k", STORE_DONE, "second", "words", NULL);
	add_reply(f, "k", STORE_DONE, NULL, "words", NULL);
	assert_string_equal(found(f, "k", "words", NULL), "second");
}

/* Clients may send back what came before a reply broke off. */
static void reasoning_of_a_partial_reply_is_found(void **state)
{
	struct fixture *f = begin(*state);

	add_reply(f, "k", STORE_FAILED, "so far", "what came", NULL);
	assert_string_equal(found(f, "k", "what came", NULL), "so far");
}

static void only_replies_without_reasoning_are_filled(void **state)
{
	struct fixture *f = begin(*state);
	struct chat_message m[3];

	add_reply(f, "k", STORE_DONE, "stored", "words", NULL);
	for (size_t i = 0; i < COUNT(m); i++)
		m[i] = message(f->arena, "words", NULL);
	m[0].role = CHAT_USER;
	m[1].reasoning = "own";
	assert_true(store_reasoning_fill(f->store, "k", m, COUNT(m), f->arena,
					 &f->error));
	assert_null(m[0].reasoning);
	assert_string_equal(m[1].reasoning, "own");
	assert_string_equal(m[2].reasoning, "stored");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reasoning_is_found_by_call_and_by_text),
		TEST(another_key_does_not_find_reasoning),
		TEST(the_latest_reply_with_reasoning_wins),
		TEST(reasoning_of_a_partial_reply_is_found),
		TEST(only_replies_without_reasoning_are_filled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
