/* SPDX-License-Identifier: MIT */
/* What was learned of services as rows: notes, lists of models, reasoning. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "store/model_lists.h"
#include "store/credential_notes.h"
#include "store/reasoning.h"
#include "store/turn_close.h"
#include "tests/unit/support/database.h"
#include "upstream/upstream.h"

struct fixture {
	struct arena *arena;
	const char *path;
	struct store *store;
	struct credential credential, other;
	struct error error;
};

static struct fixture *begin(struct arena *a)
{
	struct fixture *f = arena_alloc(a, sizeof(*f));

	f->arena = a;
	f->path = database_path(a);
	f->store = database_open(a, f->path);
	assert_true(credential_parse(&f->credential, a, "sk-one", &f->error));
	assert_true(credential_parse(&f->other, a, "sk-kimi-two", &f->error));
	return f;
}

/* --- Notes --- */

static const char *note(struct fixture *f, const char *credential,
			const char *name)
{
	const char *value = "untouched";

	assert_true(store_credential_note_find(f->store, credential, name,
					       &value, f->arena, &f->error));
	return value;
}

static void keep(struct fixture *f, const char *credential, const char *name,
		 const char *value)
{
	assert_true(store_credential_note_put(f->store, credential, name, value,
					      &f->error));
}

static void a_note_belongs_to_its_credential(void **state)
{
	struct fixture *f = begin(*state);

	assert_null(note(f, "c", "host"));
	keep(f, "c", "host", "https://a.example");
	keep(f, "c", "device", "");
	assert_string_equal(note(f, "c", "host"), "https://a.example");
	assert_string_equal(note(f, "c", "device"), "");
	assert_null(note(f, "d", "host"));
	assert_null(note(f, "c", "hos"));
}

static void the_last_note_counts_also_after_a_restart(void **state)
{
	struct fixture *f = begin(*state);

	keep(f, "c", "host", "a");
	keep(f, "c", "host", "b");
	f->store = database_open(f->arena, f->path);
	assert_string_equal(note(f, "c", "host"), "b");
	assert_int_equal(database_int(f->path,
				      "SELECT count(*) FROM credential_notes"),
			 1);
}

/* --- Lists of models --- */

static struct model_list loaded(struct fixture *f, const struct credential *c,
				int64_t *listed_ms)
{
	struct model_list l;

	assert_true(store_model_list_load(f->store, c, &l, listed_ms, f->arena,
					  &f->error));
	return l;
}

static void save(struct fixture *f, const struct credential *c,
		 const struct model_list *l, int64_t at)
{
	assert_true(
		store_model_list_save(f->store, c, l, at, f->arena, &f->error));
}

static struct model_list two_models(void)
{
	static struct model models_[] = {
		{ .name = "a \"quoted\" 名",
		  .traits = MODEL_THINKS | MODEL_PLAN,
		  .context = INT64_C(1) << 40,
		  .created = 5,
		  .wire = "w",
		  .scenario = "SCENARIO_X" },
		{ .name = "b" },
	};

	return (struct model_list){ .models = models_,
				    .n = 2,
				    .preferred = "b" };
}

static void a_list_comes_back_as_it_was(void **state)
{
	struct fixture *f = begin(*state);
	struct model_list in = two_models(), out;
	int64_t at;

	save(f, &f->other, &in, 777);
	f->store = database_open(f->arena, f->path);
	out = loaded(f, &f->other, &at);
	assert_int_equal(at, 777);
	assert_int_equal(out.n, 2);
	assert_string_equal(out.preferred, "b");
	assert_string_equal(out.models[0].name, in.models[0].name);
	assert_ptr_equal(out.models[0].upstream, &upstream_code);
	assert_int_equal(out.models[0].traits, in.models[0].traits);
	assert_int_equal(out.models[0].context, in.models[0].context);
	assert_int_equal(out.models[0].created, 5);
	assert_string_equal(out.models[0].wire, "w");
	assert_string_equal(out.models[0].scenario, "SCENARIO_X");
	assert_string_equal(out.models[1].name, "b");
	assert_null(out.models[1].wire);
	assert_null(out.models[1].scenario);
}

static void a_list_that_never_came_is_empty(void **state)
{
	struct fixture *f = begin(*state);
	struct model_list in = two_models();
	int64_t at = -1;

	save(f, &f->other, &in, 777);
	assert_int_equal(loaded(f, &f->credential, &at).n, 0);
	assert_int_equal(at, 0);
}

static void the_last_list_counts(void **state)
{
	struct fixture *f = begin(*state);
	struct model_list in = two_models(), none = { 0 };
	int64_t at;

	save(f, &f->credential, &in, 1);
	save(f, &f->credential, &none, 2);
	assert_int_equal(loaded(f, &f->credential, &at).n, 0);
	assert_int_equal(at, 2);
}

/* Somebody may have written anything into the file. */
static void rows_that_are_no_lists_are_empty(void **state)
{
	static const char *const rows[] = {
		"",	"no json",	  "[]",
		"{}",	"{\"models\":7}", "{\"models\":[7,{},{\"name\":7}]}",
		"null",
	};
	struct fixture *f = begin(*state);
	struct model_list in = two_models();
	int64_t at;

	save(f, &f->credential, &in, 1);
	for (size_t i = 0; i < COUNT(rows); i++) {
		database_run(f->path,
			     arena_printf(f->arena,
					  "UPDATE model_lists SET models = "
					  "'%s'",
					  rows[i]));
		assert_int_equal(loaded(f, &f->credential, &at).n, 0);
	}
}

static bool claims(struct fixture *f, int64_t before, int64_t at)
{
	bool claimed = false;

	assert_true(store_model_list_claim(f->store, &f->credential, before, at,
					   &claimed, &f->error));
	return claimed;
}

static void an_old_list_is_claimed_once(void **state)
{
	struct fixture *f = begin(*state);
	struct model_list in = two_models();
	struct store *one = f->store;
	int64_t at;

	assert_false(claims(f, 0, 50));
	save(f, &f->credential, &in, 10);
	save(f, &f->other, &in, 10);
	f->store = database_open(f->arena, f->path);
	assert_true(claims(f, 10, 50));
	f->store = one;
	assert_false(claims(f, 10, 50));
	assert_int_equal(loaded(f, &f->credential, &at).n, 2);
	assert_int_equal(at, 50);
	assert_true(claims(f, 50, 90));
	loaded(f, &f->other, &at);
	assert_int_equal(at, 10);
}

/* --- Reasoning --- */

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

/* An answer that the key was given. */
static void answered(struct fixture *f, const char *key,
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

	answered(f, "k", STORE_DONE, "of the call", "words", "call_1");
	answered(f, "k", STORE_DONE, "of the text", " words\n", NULL);
	assert_string_equal(found(f, "k", NULL, "call_1"), "of the call");
	assert_string_equal(found(f, "k", "other", "call_1"), "of the call");
	assert_string_equal(found(f, "k", "words", NULL), "of the text");
	assert_null(found(f, "k", "other", NULL));
	assert_null(found(f, "k", "words", "call_2"));
	assert_null(found(f, "k", NULL, NULL));
	f->store = database_open(f->arena, f->path);
	assert_string_equal(found(f, "k", NULL, "call_1"), "of the call");
}

static void another_key_does_not_find_it(void **state)
{
	struct fixture *f = begin(*state);

	answered(f, "k", STORE_DONE, "secret", "words", NULL);
	answered(f, "k", STORE_DONE, "secret", NULL, "call_1");
	assert_null(found(f, "l", "words", NULL));
	assert_null(found(f, "l", NULL, "call_1"));
	answered(f, "l", STORE_DONE, "own", "words", NULL);
	assert_string_equal(found(f, "l", "words", NULL), "own");
	assert_string_equal(found(f, "k", "words", NULL), "secret");
}

static void the_last_answer_that_had_some_counts(void **state)
{
	struct fixture *f = begin(*state);

	answered(f, "k", STORE_DONE, "first", "words", NULL);
	answered(f, "k", STORE_DONE, "second", "words", NULL);
	answered(f, "k", STORE_DONE, NULL, "words", NULL);
	assert_string_equal(found(f, "k", "words", NULL), "second");
}

/* What came of an answer that broke off may be sent back, too. */
static void a_part_of_an_answer_counts(void **state)
{
	struct fixture *f = begin(*state);

	answered(f, "k", STORE_FAILED, "so far", "what came", NULL);
	assert_string_equal(found(f, "k", "what came", NULL), "so far");
}

static void what_is_there_and_who_is_no_assistant_stays(void **state)
{
	struct fixture *f = begin(*state);
	struct chat_message m[3];

	answered(f, "k", STORE_DONE, "kept", "words", NULL);
	for (size_t i = 0; i < COUNT(m); i++)
		m[i] = message(f->arena, "words", NULL);
	m[0].role = CHAT_USER;
	m[1].reasoning = "own";
	assert_true(store_reasoning_fill(f->store, "k", m, COUNT(m), f->arena,
					 &f->error));
	assert_null(m[0].reasoning);
	assert_string_equal(m[1].reasoning, "own");
	assert_string_equal(m[2].reasoning, "kept");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_note_belongs_to_its_credential),
		TEST(the_last_note_counts_also_after_a_restart),
		TEST(a_list_comes_back_as_it_was),
		TEST(a_list_that_never_came_is_empty),
		TEST(the_last_list_counts),
		TEST(rows_that_are_no_lists_are_empty),
		TEST(an_old_list_is_claimed_once),
		TEST(reasoning_is_found_by_call_and_by_text),
		TEST(another_key_does_not_find_it),
		TEST(the_last_answer_that_had_some_counts),
		TEST(a_part_of_an_answer_counts),
		TEST(what_is_there_and_who_is_no_assistant_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
