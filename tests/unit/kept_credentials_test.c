/* SPDX-License-Identifier: MIT */
/* Credentials that the owner keeps in the database, or has paused. */
#include "tests/unit/support/test.h"

#include "base/clock.h"
#include "store/credential_notes.h"
#include "store/credentials.h"
#include "store/kept_credentials.h"
#include "store/model_lists.h"
#include "store/token_renewal.h"
#include "tests/unit/support/database.h"
#include "upstream/api/code_identity.h"
#include "upstream/cooldown.h"
#include "upstream/hosts.h"

struct fixture {
	struct arena *arena;
	const char *path;
	struct store *store;
	struct credential one, two;
};

static struct fixture begin(struct arena *a)
{
	struct fixture f = { .arena = a, .path = database_path(a) };
	struct error e;

	f.store = database_open(a, f.path);
	assert_true(credential_parse(&f.one, a, "code:first-token", &e));
	assert_true(credential_parse(&f.two, a, "platform:sk-second", &e));
	return f;
}

static bool add(struct fixture *f, const struct credential *c, const char *name,
		struct error *e)
{
	const struct kept_addition k = {
		.credential = c,
		.name = name,
		.sealed = "sealed",
		.sealed_length = 6,
	};

	return store_kept_add(f->store, &k, f->arena, e);
}

static size_t list(struct fixture *f, struct kept_credential **rows)
{
	struct error e;
	size_t n;

	assert_true(store_kept_list(f->store, rows, &n, f->arena, &e));
	return n;
}

static struct kept_stamp stamp(struct store *s, struct arena *a)
{
	struct kept_stamp stamp;
	struct error e;

	assert_true(store_kept_stamp(s, &stamp, a, &e));
	return stamp;
}

static void what_was_added_is_listed_in_its_order(void **state)
{
	struct fixture f = begin(*state);
	struct kept_credential *rows;
	struct error e;

	assert_int_equal(list(&f, &rows), 0);
	assert_true(add(&f, &f.one, "one", &e));
	assert_true(add(&f, &f.two, "two", &e));
	assert_int_equal(list(&f, &rows), 2);
	assert_string_equal(rows[0].name, "one");
	assert_string_equal(rows[0].service, "code");
	assert_string_equal(rows[0].fingerprint, f.one.fingerprint);
	assert_int_equal(rows[0].sealed_length, 6);
	assert_memory_equal(rows[0].sealed, "sealed", 6);
	assert_in_range(rows[0].added_at, clock_wall_ms() - 5000,
			clock_wall_ms());
	assert_int_equal(rows[0].paused_at, 0);
}

static void names_and_credentials_are_there_once(void **state)
{
	struct fixture f = begin(*state);
	struct error e;

	assert_true(add(&f, &f.one, "one", &e));
	assert_false(add(&f, &f.two, "one", &e));
	assert_error(&e, ERROR_VALUE, "");
	assert_contains(e.message, "Another credential has the name 'one'");
	assert_false(add(&f, &f.one, "two", &e));
	assert_error(&e, ERROR_VALUE, "");
	assert_contains(e.message, "here already: its name is 'one'");
	/* One of the settings has a row without a name. */
	assert_true(store_kept_pause(f.store, &f.two, &e));
	assert_true(add(&f, &f.two, "two", &e));
}

static void tokens_and_host_come_with_it_or_not_at_all(void **state)
{
	const struct access_token access = { "access", 99, "refresh" };
	struct fixture f = begin(*state);
	struct kept_addition k = { .credential = &f.one,
				   .name = "one",
				   .sealed = "x",
				   .sealed_length = 1,
				   .access = &access,
				   .host = "https://api.kimi.ai",
				   .device = "d1" };
	struct access_token found;
	const char *host;
	struct error e;

	assert_true(add(&f, &f.two, "one", &e));
	assert_false(store_kept_add(f.store, &k, f.arena, &e));
	assert_true(
		store_token_renewal_load(f.store, &f.one, &found, f.arena, &e));
	assert_null(found.token);
	k.name = "another";
	assert_true(store_kept_add(f.store, &k, f.arena, &e));
	assert_true(
		store_token_renewal_load(f.store, &f.one, &found, f.arena, &e));
	assert_string_equal(found.token, "access");
	assert_string_equal(found.refresh, "refresh");
	assert_true(store_credential_note_find(f.store, f.one.fingerprint,
					       HOSTS_NOTE, &host, f.arena, &e));
	assert_string_equal(host, "https://api.kimi.ai");
	assert_true(store_credential_note_find(f.store, f.one.fingerprint,
					       CODE_IDENTITY_DEVICE, &host,
					       f.arena, &e));
	assert_string_equal(host, "d1");
}

static void any_change_is_seen_by_other_processes(void **state)
{
	struct fixture f = begin(*state);
	struct store *other = database_open(f.arena, f.path);
	struct kept_stamp stamps[5];
	struct error e;

	stamps[0] = stamp(other, f.arena);
	assert_true(add(&f, &f.one, "one", &e));
	stamps[1] = stamp(other, f.arena);
	assert_true(store_kept_pause(f.store, &f.one, &e));
	stamps[2] = stamp(other, f.arena);
	assert_true(store_kept_pause(f.store, &f.two, &e));
	stamps[3] = stamp(other, f.arena);
	assert_true(store_kept_remove(f.store, f.one.fingerprint, &e));
	stamps[4] = stamp(other, f.arena);
	for (size_t i = 1; i < COUNT(stamps); i++)
		assert_memory_not_equal(&stamps[i], &stamps[i - 1],
					sizeof(*stamps));
}

static void it_is_paused_until_it_is_resumed(void **state)
{
	struct fixture f = begin(*state);
	struct kept_credential *rows;
	struct error e;

	assert_true(add(&f, &f.one, "one", &e));
	assert_true(store_kept_pause(f.store, &f.one, &e));
	assert_true(store_kept_pause(f.store, &f.two, &e));
	assert_int_equal(list(&f, &rows), 2);
	assert_int_not_equal(rows[0].paused_at, 0);
	assert_int_not_equal(rows[1].paused_at, 0);
	assert_true(store_kept_resume(f.store, &f.one, &e));
	assert_true(store_kept_resume(f.store, &f.two, &e));
	assert_int_equal(list(&f, &rows), 1);
	assert_string_equal(rows[0].name, "one");
	assert_int_equal(rows[0].paused_at, 0);
}

static void a_removed_one_leaves_nothing(void **state)
{
	static const char *const tables[] = { "credentials", "credential_notes",
					      "model_lists",
					      "credential_quotas" };
	struct fixture f = begin(*state);
	struct model_list models = { 0 };
	struct error e;

	assert_true(add(&f, &f.one, "one", &e));
	assert_true(store_credential_note_put(f.store, f.one.fingerprint, "a",
					      "b", &e));
	assert_true(store_model_list_save(f.store, &f.one, &models, 1, f.arena,
					  &e));
	assert_true(store_kept_remove(f.store, f.one.fingerprint, &e));
	for (size_t i = 0; i < COUNT(tables); i++)
		assert_int_equal(
			database_int(f.path,
				     arena_printf(f.arena,
						  "SELECT count(*) FROM %s",
						  tables[i])),
			0);
}

/* A request that was running fails: nobody could remove that again. */
static void a_removed_one_cools_down_no_more(void **state)
{
	struct fixture f = begin(*state);
	struct credential kept = f.one;
	struct error why, e;

	kept.kept = true;
	error_set(&why, ERROR_CREDENTIAL, "Kimi says: no.");
	assert_true(add(&f, &f.one, "one", &e));
	assert_true(store_credential_cool_down(f.store, &kept, &why, 1, &e));
	assert_int_equal(database_int(f.path, "SELECT count(failure) FROM "
					      "credentials"),
			 1);
	assert_true(store_kept_remove(f.store, f.one.fingerprint, &e));
	assert_true(store_credential_cool_down(f.store, &kept, &why, 1, &e));
	assert_int_equal(
		database_int(f.path, "SELECT count(*) FROM credentials"), 0);
}

static void what_its_owner_has_to_do_stays_until_it_works(void **state)
{
	struct fixture f = begin(*state);
	int64_t until = clock_wall_ms() + 60000;
	const char *failure = "SELECT failure FROM credentials";
	struct error why, e;

	error_set(&why, ERROR_CREDENTIAL, "Kimi says: no.");
	assert_true(
		store_credential_cool_down(f.store, &f.two, &why, until, &e));
	assert_contains(database_text(f.arena, f.path, failure),
			"its owner has to make a new key");
	/* A busy minute later is another matter. */
	error_set(&why, ERROR_RATE_LIMIT, "Kimi says: slow down.");
	assert_true(
		store_credential_cool_down(f.store, &f.two, &why, until, &e));
	assert_contains(database_text(f.arena, f.path, failure), "a new key");
	assert_int_equal(database_int(f.path, "SELECT failed_at > 0 FROM "
					      "credentials"),
			 1);
	assert_true(store_credential_clear(f.store, &f.two, until, &e));
	assert_null(database_text(f.arena, f.path, failure));
	assert_null(database_text(f.arena, f.path,
				  "SELECT failed_at FROM credentials"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_added_is_listed_in_its_order),
		TEST(names_and_credentials_are_there_once),
		TEST(tokens_and_host_come_with_it_or_not_at_all),
		TEST(any_change_is_seen_by_other_processes),
		TEST(it_is_paused_until_it_is_resumed),
		TEST(a_removed_one_leaves_nothing),
		TEST(a_removed_one_cools_down_no_more),
		TEST(what_its_owner_has_to_do_stays_until_it_works),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
