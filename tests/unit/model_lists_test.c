/* SPDX-License-Identifier: MIT */
/* Lists of models as rows. */
#include "tests/unit/support/test.h"

#include "store/model_lists.h"
#include "tests/unit/support/database.h"
#include "upstream/services.h"

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
		  .alias = "x",
		  .scenario = "SCENARIO_X",
		  .efforts = 3,
		  .effort = 2 },
		{ .name = "b" },
	};

	return (struct model_list){ .models = models_,
				    .n = 2,
				    .preferred = "b" };
}

static void a_model_list_is_read_back_as_saved(void **state)
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
	assert_string_equal(out.models[0].alias, "x");
	assert_string_equal(out.models[0].scenario, "SCENARIO_X");
	assert_int_equal(out.models[0].efforts, 3);
	assert_int_equal(out.models[0].effort, 2);
	assert_string_equal(out.models[1].name, "b");
	assert_null(out.models[1].wire);
	assert_null(out.models[1].alias);
	assert_null(out.models[1].scenario);
	assert_int_equal(out.models[1].efforts, 0);
	assert_int_equal(out.models[1].effort, 0);
}

static void a_model_list_that_was_never_saved_is_empty(void **state)
{
	struct fixture *f = begin(*state);
	struct model_list in = two_models();
	int64_t at = -1;

	save(f, &f->other, &in, 777);
	assert_int_equal(loaded(f, &f->credential, &at).n, 0);
	assert_int_equal(at, 0);
}

static void the_latest_model_list_wins(void **state)
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
static void rows_that_are_not_lists_are_empty_lists(void **state)
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

static void only_one_process_claims_an_old_list(void **state)
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_model_list_is_read_back_as_saved),
		TEST(a_model_list_that_was_never_saved_is_empty),
		TEST(the_latest_model_list_wins),
		TEST(rows_that_are_not_lists_are_empty_lists),
		TEST(only_one_process_claims_an_old_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
