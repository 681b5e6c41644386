/* SPDX-License-Identifier: MIT */
/* Renewed tokens must not get lost: Kimi has forgotten the ones before. */
#include "tests/unit/support/test.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "app/access_token.h"
#include "base/clock.h"
#include "store/credentials.h"
#include "store/token_renewal.h"
#include "tests/unit/support/database.h"

/* Commits that fail from now on, and calls of fsync so far. */
static int failing_commits, syncs;

int fsync(int fd)
{
	syncs++;
	return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	syncs++;
	return (int)syscall(SYS_fdatasync, fd);
}

static int on_commit(void *ctx)
{
	(void)ctx;
	if (failing_commits == 0)
		return 0;
	failing_commits--;
	return 1;
}

static int on_connection(sqlite3 *db, char **message, const void *api)
{
	(void)message;
	(void)api;
	sqlite3_commit_hook(db, on_commit, NULL);
	return SQLITE_OK;
}

static struct access_token own_access(struct arena *a, const char *secret)
{
	(void)a;
	return (struct access_token){ .refresh = secret };
}

/* The client pointer carries how many commits fail afterwards. */
struct service {
	struct http_client http; /* first: how `renew` finds the rest */
	int failures;
};

static bool renew(struct upstream_call *call, const char *refresh,
		  struct access_token *access)
{
	const struct service *s = (struct service *)call->http;

	(void)refresh;
	failing_commits = s->failures;
	*access = (struct access_token){
		.token = "new-token",
		.refresh = "new-refresh",
		.expires_ms = clock_wall_ms() + 3600000,
	};
	return true;
}

static const struct upstream service = {
	.name = "test",
	.access = own_access,
	.renew = renew,
};

static struct credential credential_of(const char *secret)
{
	struct credential c = { .upstream = &service,
				.secret = secret,
				.label = "label" };

	secret_fingerprint(secret, c.fingerprint);
	return c;
}

static void they_are_stored_though_some_writes_fail(void **state)
{
	const char *path = database_path(*state);
	struct store *store = database_open(*state, path);
	struct credential c = credential_of("own-refresh-token");
	struct service s = { .failures = 5 };
	struct error e = { 0 };
	struct upstream_call call = { .arena = *state,
				      .http = &s.http,
				      .error = &e };
	struct access_token kept;

	assert_true(access_token_obtain(store, &c, NULL, &call));
	assert_string_equal(call.bearer, "new-token");
	assert_int_equal(failing_commits, 0);
	assert_true(store_token_renewal_load(database_open(*state, path), &c,
					     &kept, *state, &e));
	assert_string_equal(kept.token, "new-token");
	assert_string_equal(kept.refresh, "new-refresh");
}

/* A power cut must not bring back a refresh token that was used up. */
static void they_are_on_the_disk_at_once(void **state)
{
	struct store *store = database_open(*state, database_path(*state));
	struct credential c = credential_of("own-refresh-token");
	struct access_token renewed = { .token = "t", .refresh = "r" };
	struct error e = { .kind = ERROR_OVERLOADED };
	int before;

	assert_true(store_credential_cool_down(store, &c, &e, 1, &e));
	before = syncs;
	assert_true(store_credential_cool_down(store, &c, &e, 2, &e));
	assert_int_equal(syncs, before); /* as other writes do */
	assert_true(store_token_renewal_save(store, &c, &renewed, *state, &e));
	assert_true(syncs > before);
	before = syncs;
	assert_true(store_credential_cool_down(store, &c, &e, 3, &e));
	assert_int_equal(syncs, before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(they_are_stored_though_some_writes_fail),
		TEST(they_are_on_the_disk_at_once),
	};

	sqlite3_auto_extension((void (*)(void))on_connection);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
