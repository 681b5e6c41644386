/* SPDX-License-Identifier: MIT */
/* Access tokens that were renewed when the database could not be written. */
#include "tests/unit/support/test.h"

#include "app/access_token.h"
#include "base/clock.h"
#include "store/db_internal.h"
#include "tests/unit/support/database.h"

#define HOUR_MS (3600 * 1000)

struct fixture {
	struct http_client http; /* first: how `renew` finds the rest */
	struct arena *arena;
	const char *path;
	struct store *store;
	struct credential credential;
	int renewals, faults; /* writes of tokens that will fail */
	struct error error;
};

static struct access_token own_access(struct arena *a, const char *secret)
{
	(void)a;
	return (struct access_token){ .refresh = secret };
}

static bool renew(struct upstream_call *call, const char *refresh,
		  struct access_token *access)
{
	struct fixture *f = (struct fixture *)call->http;

	(void)refresh;
	f->renewals++;
	access->token = "token";
	access->refresh = "rotated";
	access->expires_ms = clock_wall_ms() + HOUR_MS;
	return true;
}

static const struct upstream upstream_test = {
	.name = "test",
	.access = own_access,
	.renew = renew,
};

static void next_fault(sqlite3_context *call, int n, sqlite3_value **values)
{
	struct fixture *f = sqlite3_user_data(call);

	(void)n;
	(void)values;
	sqlite3_result_int(call, f->faults > 0 && f->faults-- > 0);
}

/* Makes the connection of the store fail to write tokens. */
static void break_writes(struct fixture *f)
{
	struct db *db = db_begin(f->store, DB_READ, &f->error);

	sqlite3_create_function(db->handle, "fault", 0, SQLITE_UTF8, f,
				next_fault, NULL, NULL);
	assert_true(db_execute(db,
			       "CREATE TEMP TRIGGER broken BEFORE UPDATE OF "
			       "access_token ON main.credentials WHEN fault() "
			       "BEGIN SELECT RAISE(ABORT, 'broken'); END",
			       &f->error));
	assert_true(db_commit(f->store, db, &f->error));
}

static struct fixture *begin(struct arena *a, int faults)
{
	struct fixture *f = arena_alloc(a, sizeof(*f));

	f->arena = a;
	f->path = database_path(a);
	f->store = database_open(a, f->path);
	f->faults = faults;
	f->credential = (struct credential){ .upstream = &upstream_test,
					     .secret = "own",
					     .label = "label" };
	secret_fingerprint("own", f->credential.fingerprint);
	break_writes(f);
	return f;
}

static const char *obtain(struct fixture *f, struct store *store)
{
	struct upstream_call call = { .arena = f->arena,
				      .http = &f->http,
				      .error = &f->error };

	if (!access_token_obtain(store, &f->credential, NULL, &call))
		return NULL;
	return call.bearer;
}

/* Kimi has invalidated the old tokens by now: they are all that there is. */
static void renewed_tokens_are_saved_though_writes_fail(void **state)
{
	struct fixture *f = begin(*state, 5);

	const char *token = obtain(f, f->store);

	assert_non_null(token);
	assert_string_equal(token, "token");
	assert_int_equal(f->faults, 0);
	assert_string_equal(obtain(f, database_open(*state, f->path)), "token");
	assert_int_equal(f->renewals, 1);
}

static void a_database_that_stays_broken_is_reported(void **state)
{
	struct fixture *f = begin(*state, 1000);

	assert_null(obtain(f, f->store));
	assert_error(&f->error, ERROR_SETUP, "");
	assert_int_equal(f->renewals, 1);
	/* Others may try: the lock was given back. */
	f->faults = 0;
	assert_string_equal(obtain(f, f->store), "token");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(renewed_tokens_are_saved_though_writes_fail),
		TEST(a_database_that_stays_broken_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
