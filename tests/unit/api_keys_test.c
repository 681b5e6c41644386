/* SPDX-License-Identifier: MIT */
/* API keys of the database: added, found by their secrets, changed, deleted. */
#include "tests/unit/support/test.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/secret.h"
#include "store/budgets.h"
#include "store/key_changes.h"
#include "store/turn_open.h"
#include "tests/unit/support/database.h"

struct keys {
	struct arena *arena;
	const char *path;
	struct store *store;
	struct error e;
};

static struct keys begin(struct arena *a)
{
	struct keys f = { .arena = a, .path = database_path(a) };

	f.store = database_open(a, f.path);
	return f;
}

static struct store_api_key add(struct keys *f, const char *name, char **secret)
{
	struct store_api_key k = { .name = name, .space = -1 };

	assert_true(
		store_api_key_add(f->store, &k, NULL, secret, f->arena, &f->e));
	return k;
}

/* As a request finds it. */
static struct store_api_key found(struct keys *f, const char *secret)
{
	char fingerprint[FINGERPRINT_SIZE];
	struct store_api_key k;

	secret_fingerprint(secret, fingerprint);
	assert_true(
		store_api_key_find(f->store, fingerprint, &k, f->arena, &f->e));
	return k;
}

static struct store_api_key named(struct keys *f, const char *name)
{
	struct store_api_key k;

	assert_true(store_api_key_named(f->store, name, &k, f->arena, &f->e));
	return k;
}

static void a_key_is_found_by_its_secret(void **state)
{
	struct keys f = begin(*state);
	struct store_api_key k;
	char *one, *two;

	add(&f, "one", &one);
	add(&f, "two", &two);
	k = found(&f, two);
	assert_string_equal(k.name, "two");
	assert_string_equal(k.origin, "database");
	assert_string_equal(k.label, secret_label(*state, two));
	assert_int_equal(k.space, -1);
	assert_null(k.models.items);
	assert_int_equal(found(&f, "kp-anything").row, 0);
}

static bool holds(struct arena *a, const char *path, const char *text)
{
	FILE *f = fopen(path, "rb");
	char *bytes = arena_alloc(a, 1024 * 1024);
	size_t n;

	assert_non_null(f);
	n = fread(bytes, 1, 1024 * 1024, f);
	fclose(f);
	return memmem(bytes, n, text, strlen(text)) != NULL;
}

static void no_secret_is_kept(void **state)
{
	struct keys f = begin(*state);
	const char *log = arena_printf(*state, "%s-wal", f.path);
	char *secret;

	add(&f, "a name of it", &secret);
	assert_true(holds(*state, log, "a name of it"));
	assert_false(holds(*state, log, secret));
	assert_false(holds(*state, f.path, secret));
}

static void it_is_named_by_name_id_and_label(void **state)
{
	struct keys f = begin(*state);
	char *secret;
	struct store_api_key k = add(&f, "one", &secret);

	assert_int_equal(named(&f, "one").row, k.row);
	assert_int_equal(named(&f, k.public_id).row, k.row);
	assert_int_equal(named(&f, k.label).row, k.row);
	assert_false(store_api_key_named(f.store, "two", &k, *state, &f.e));
	assert_error(&f.e, ERROR_NOT_FOUND, "");
}

static void a_name_is_of_one_key(void **state)
{
	struct keys f = begin(*state);
	struct store_api_key k = { .name = "one" };
	char *secret;

	add(&f, "one", &secret);
	assert_false(
		store_api_key_add(f.store, &k, NULL, &secret, *state, &f.e));
	assert_error(&f.e, ERROR_VALUE, "");
	assert_int_equal(database_int(f.path, "SELECT count(*) FROM keys"), 1);
}

static void names_that_mean_something_else_are_refused(void **state)
{
	static const char *const rows[] = {
		"",
		" one",
		"one ",
		"o\nne",
		"key_one",
		"kp-one",
		"none",
		"one\xff",
		"\xc2",
		"0123456789012345678901234567890123456789012345678901234567890"
		"1234",
	};
	struct keys f = begin(*state);
	char *secret;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct store_api_key k = { .name = rows[i] };

		if (store_api_key_add(f.store, &k, NULL, &secret, *state, &f.e))
			fail_msg("accepted: '%s'", rows[i]);
		assert_null(strstr(f.e.message, "kp-one"));
	}
	add(&f, "the team's key, 团队", &secret);
}

/* The key and its budgets become those. */
struct wish {
	const struct store_api_key *key;
	const struct store_key_budgets *budgets;
};

static bool fulfil(void *ctx, struct store_api_key *k,
		   const struct store_key_budgets **budgets, struct error *e)
{
	const struct wish *wish = ctx;

	(void)e;
	*k = *wish->key;
	*budgets = wish->budgets;
	return true;
}

static void what_is_set_is_found(void **state)
{
	static const char *const models[] = { "kimi-k3", "kimi-\"k2\"" };
	static const struct store_key_budget list[] = {
		{ "month", "USD", 5000000000 },
		{ "day", "tokens", 1000 },
	};
	const struct store_key_budgets budgets = { list, 2 };
	struct keys f = begin(*state);
	struct store_budget_uses uses;
	const struct time_zone *zone;
	struct store_api_key k, now;
	struct wish wish = { &k, &budgets };
	const struct store_key_change change = { fulfil, &wish };
	char *secret;

	now = k = add(&f, "one", &secret);
	assert_false(found(&f, secret).has_budgets);
	k.name = "other";
	k.admin = true;
	k.models = (struct config_list){ models, 2 };
	k.requests_per_minute = 60;
	k.space = 0;
	k.on_disconnect = "finish";
	assert_true(store_api_key_change(f.store, &now, &change, *state, &f.e));
	assert_string_equal(now.name, "other");
	k = found(&f, secret);
	assert_string_equal(k.name, "other");
	assert_true(k.admin && k.has_budgets);
	assert_int_equal(k.models.n, 2);
	assert_string_equal(k.models.items[1], "kimi-\"k2\"");
	assert_null(k.credentials.items);
	assert_int_equal(k.requests_per_minute, 60);
	assert_int_equal(k.space, 0);
	assert_string_equal(k.on_disconnect, "finish");
	assert_true(time_zone_open(&zone, *state, "UTC", &f.e));
	assert_true(
		store_budgets_read(f.store, k.row, zone, &uses, *state, &f.e));
	assert_int_equal(uses.n, 2);
	assert_string_equal(uses.list[0].budget.period, "day");
	assert_int_equal(uses.list[0].used, 0);
	assert_int_equal(uses.list[1].budget.amount, 5000000000);
}

static bool limit_requests(void *ctx, struct store_api_key *k,
			   const struct store_key_budgets **budgets,
			   struct error *e)
{
	(void)ctx;
	(void)budgets;
	(void)e;
	k->requests_per_minute = 60;
	return true;
}

static bool limit_tokens(void *ctx, struct store_api_key *k,
			 const struct store_key_budgets **budgets,
			 struct error *e)
{
	(void)ctx;
	(void)budgets;
	(void)e;
	k->tokens_per_minute = 1000;
	return true;
}

static bool refuse(void *ctx, struct store_api_key *k,
		   const struct store_key_budgets **budgets, struct error *e)
{
	(void)ctx;
	(void)budgets;
	k->admin = true;
	return error_set(e, ERROR_VALUE, "No.");
}

/* Whoever makes them, and whatever they knew of the key before. */
static void changes_made_at_once_do_not_undo_each_other(void **state)
{
	static const struct store_key_change requests = { limit_requests,
							  NULL },
					     tokens = { limit_tokens, NULL },
					     refused = { refuse, NULL };
	struct keys f = begin(*state);
	struct store *other = database_open(*state, f.path);
	struct store_api_key one, two;
	char *secret;

	one = two = add(&f, "one", &secret);
	assert_true(
		store_api_key_change(f.store, &one, &requests, *state, &f.e));
	assert_true(store_api_key_change(other, &two, &tokens, *state, &f.e));
	assert_int_equal(two.requests_per_minute, 60);
	assert_false(store_api_key_change(other, &two, &refused, *state, &f.e));
	one = found(&f, secret);
	assert_int_equal(one.requests_per_minute, 60);
	assert_int_equal(one.tokens_per_minute, 1000);
	assert_false(one.admin);
}

/* Another process, that is. */
static void a_change_is_seen_by_all_at_once(void **state)
{
	struct keys f = begin(*state);
	struct keys other = f;
	struct store_api_key k;
	char *secret;

	other.store = database_open(*state, f.path);
	k = add(&f, "one", &secret);
	assert_int_equal(found(&other, secret).blocked_at, 0);
	assert_true(store_api_key_block(f.store, &k, true, &f.e));
	assert_int_not_equal(found(&other, secret).blocked_at, 0);
	assert_true(store_api_key_block(f.store, &k, false, &f.e));
	assert_int_equal(found(&other, secret).blocked_at, 0);
	assert_true(store_api_key_revoke(f.store, &k, &f.e));
	assert_int_not_equal(found(&other, secret).revoked_at, 0);
}

static void a_new_secret_lets_the_old_one_go_on_for_a_while(void **state)
{
	struct keys f = begin(*state);
	struct store_key_secret *list;
	char *one, *two, *three;
	int64_t now = clock_wall_ms(), until;
	struct store_api_key k = add(&f, "one", &one);
	size_t n;

	assert_true(
		store_api_key_rotate(f.store, &k, 60000, &two, *state, &f.e));
	assert_int_equal(found(&f, one).row, k.row);
	assert_int_equal(found(&f, two).row, k.row);
	assert_string_equal(found(&f, one).fingerprint, k.fingerprint);
	until = found(&f, one).secret_valid_until;
	assert_in_range(until, now + 60000, clock_wall_ms() + 60000);
	assert_int_equal(found(&f, two).secret_valid_until, 0);
	/* It is never longer than it was. */
	assert_true(
		store_api_key_rotate(f.store, &k, 90000, &three, *state, &f.e));
	assert_int_equal(found(&f, one).secret_valid_until, until);
	assert_true(
		store_api_key_secrets(f.store, k.row, &list, &n, *state, &f.e));
	assert_int_equal(n, 3);
	assert_string_equal(named(&f, "one").label,
			    secret_label(*state, three));
}

static void only_keys_of_the_database_are_rotated(void **state)
{
	struct keys f = begin(*state);
	char *secret;
	struct store_api_key k;

	assert_true(store_api_key_ensure(f.store, "f", "label", &f.e));
	k = named(&f, "label");
	assert_string_equal(k.origin, "settings");
	assert_false(
		store_api_key_rotate(f.store, &k, 0, &secret, *state, &f.e));
	assert_error(&f.e, ERROR_VALUE, "");
}

static void a_deleted_key_is_nobodys_but_keeps_its_name(void **state)
{
	struct keys f = begin(*state);
	char *old, *new;
	struct store_api_key k = add(&f, "one", &old);
	const char *id = k.public_id;

	assert_true(store_api_key_delete(f.store, &k, &f.e));
	assert_int_equal(found(&f, old).row, 0);
	assert_true(named(&f, "one").deleted);
	k = add(&f, "one", &new);
	assert_false(named(&f, "one").deleted);
	assert_int_equal(named(&f, "one").row, k.row);
	assert_null(named(&f, id).name);
	database_assert_sound(*state, f.path);
}

/* Its row comes at its end. */
static void a_request_of_a_deleted_key_makes_no_other_key(void **state)
{
	struct keys f = begin(*state);
	char *secret;
	struct store_api_key k = add(&f, "one", &secret);
	const char *fingerprint =
		database_text(*state, f.path, "SELECT fingerprint FROM keys");
	struct store_turn *t = database_turn(*state, "req_1", NULL);

	t->owner = (struct store_owner){ fingerprint, .label = k.label };
	assert_true(store_api_key_delete(f.store, &k, &f.e));
	assert_true(store_turn_open(f.store, t, *state, &f.e));
	assert_int_equal(database_int(f.path, "SELECT count(*) FROM keys"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_key_is_found_by_its_secret),
		TEST(no_secret_is_kept),
		TEST(it_is_named_by_name_id_and_label),
		TEST(a_name_is_of_one_key),
		TEST(names_that_mean_something_else_are_refused),
		TEST(what_is_set_is_found),
		TEST(changes_made_at_once_do_not_undo_each_other),
		TEST(a_change_is_seen_by_all_at_once),
		TEST(a_new_secret_lets_the_old_one_go_on_for_a_while),
		TEST(only_keys_of_the_database_are_rotated),
		TEST(a_request_of_a_deleted_key_makes_no_other_key),
		TEST(a_deleted_key_is_nobodys_but_keeps_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
