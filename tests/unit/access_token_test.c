/* SPDX-License-Identifier: MIT */
/* Access tokens: used while they are valid, renewed once for all. */
#include "tests/unit/support/test.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "app/access_token.h"
#include "base/clock.h"
#include "tests/unit/support/database.h"

#define OWN "own-refresh-token"
#define HOUR_MS (3600 * 1000)

/* A service that gives tokens; the client pointer carries it. */
struct service {
	struct http_client http; /* first: how `renew` finds the rest */
	pthread_mutex_t lock;
	int renewals;
	bool rotates;
	int64_t life_ms, pause_ms;
	const char *accepts; /* the refresh token that works; NULL: any */
	enum error_kind fault;
	char seen[256]; /* refresh tokens that were shown, joined */
};

static struct access_token own_access(struct arena *a, const char *secret)
{
	(void)a;
	if (strcmp(secret, "access") == 0)
		return (struct access_token){ .token = secret,
					      .expires_ms = INT64_MAX };
	if (strcmp(secret, "expired") == 0)
		return (struct access_token){ .token = secret,
					      .expires_ms = 5 };
	return (struct access_token){ .refresh = secret };
}

static bool renew(struct upstream_call *call, const char *refresh,
		  struct access_token *access)
{
	struct service *s = (struct service *)call->http;
	bool fits = s->accepts == NULL || strcmp(s->accepts, refresh) == 0;
	int n;

	clock_sleep_ms(s->pause_ms);
	pthread_mutex_lock(&s->lock);
	n = ++s->renewals;
	snprintf(s->seen + strlen(s->seen), sizeof(s->seen) - strlen(s->seen),
		 "%s ", refresh);
	pthread_mutex_unlock(&s->lock);
	if (!fits)
		return error_set(call->error, s->fault, "refused");
	access->token = arena_printf(call->arena, "token-%d", n);
	access->refresh = s->rotates ?
				  arena_printf(call->arena, "refresh-%d", n) :
				  arena_copy(call->arena, refresh);
	access->expires_ms = clock_wall_ms() + s->life_ms;
	return true;
}

static const struct upstream upstream_test = {
	.name = "test",
	.access = own_access,
	.renew = renew,
};

struct fixture {
	struct arena *arena;
	const char *path;
	struct store *store;
	struct credential credential;
	struct service service;
	struct error error;
};

static struct fixture *begin(struct arena *a, const char *secret)
{
	struct fixture *f = arena_alloc(a, sizeof(*f));

	f->arena = a;
	f->path = database_path(a);
	f->store = database_open(a, f->path);
	f->credential = (struct credential){ .upstream = &upstream_test,
					     .secret = secret,
					     .label = "label" };
	secret_fingerprint(secret, f->credential.fingerprint);
	f->service.life_ms = HOUR_MS;
	f->service.fault = ERROR_CREDENTIAL;
	pthread_mutex_init(&f->service.lock, NULL);
	return f;
}

/* The bearer; NULL if there is none. */
static const char *obtain(struct fixture *f, struct store *store,
			  const char *refused)
{
	struct upstream_call call = { .arena = f->arena,
				      .http = &f->service.http,
				      .error = &f->error };

	if (!access_token_obtain(store, &f->credential, refused, &call))
		return NULL;
	return call.bearer;
}

static void an_access_token_is_used_as_it_is(void **state)
{
	struct fixture *f = begin(*state, "access");

	assert_string_equal(obtain(f, f->store, NULL), "access");
	assert_int_equal(f->service.renewals, 0);
}

static void an_access_token_that_fails_cannot_be_renewed(void **state)
{
	struct fixture *f = begin(*state, "access");

	assert_null(obtain(f, f->store, "access"));
	assert_error(&f->error, ERROR_CREDENTIAL, "");
	f = begin(*state, "expired");
	assert_null(obtain(f, f->store, NULL));
	assert_error(&f->error, ERROR_CREDENTIAL, "");
	assert_int_equal(f->service.renewals, 0);
}

static void a_valid_token_is_renewed_only_once(void **state)
{
	struct fixture *f = begin(*state, OWN);
	struct store *other = database_open(*state, f->path);

	assert_string_equal(obtain(f, f->store, NULL), "token-1");
	assert_string_equal(obtain(f, f->store, NULL), "token-1");
	assert_string_equal(obtain(f, other, NULL), "token-1");
	assert_int_equal(f->service.renewals, 1);
}

static void a_refused_token_is_renewed(void **state)
{
	struct fixture *f = begin(*state, OWN);

	assert_string_equal(obtain(f, f->store, NULL), "token-1");
	assert_string_equal(obtain(f, f->store, "token-1"), "token-2");
	assert_string_equal(obtain(f, f->store, "token-1"), "token-2");
	assert_int_equal(f->service.renewals, 2);
}

static void a_token_is_renewed_before_it_expires(void **state)
{
	struct fixture *f = begin(*state, OWN);
	int64_t now = clock_wall_ms(), expires;

	f->service.life_ms = 900 * 1000;
	obtain(f, f->store, NULL);
	expires = database_int(f->path, "SELECT expires_at FROM credentials");
	assert_in_range(expires, now + 800 * 1000, now + 860 * 1000);
	database_run(f->path, "UPDATE credentials SET expires_at = 5");
	assert_string_equal(obtain(f, f->store, NULL), "token-2");
}

/* … also one that lasts less than twice the margin. */
static void a_short_lifetime_is_used_half(void **state)
{
	struct fixture *f = begin(*state, OWN);
	int64_t now = clock_wall_ms();

	f->service.life_ms = 60 * 1000;
	assert_string_equal(obtain(f, f->store, NULL), "token-1");
	assert_in_range(database_int(f->path,
				     "SELECT expires_at FROM credentials"),
			now + 25 * 1000, now + 35 * 1000);
	assert_string_equal(obtain(f, f->store, NULL), "token-1");
}

static void a_rotated_refresh_token_replaces_the_credential(void **state)
{
	struct fixture *f = begin(*state, OWN);

	f->service.rotates = true;
	obtain(f, f->store, NULL);
	obtain(f, f->store, "token-1");
	obtain(f, f->store, "token-2");
	assert_string_equal(f->service.seen, OWN " refresh-1 refresh-2 ");
}

static void an_invalid_rotated_token_falls_back_to_the_credential(void **state)
{
	struct fixture *f = begin(*state, OWN);

	f->service.rotates = true;
	obtain(f, f->store, NULL);
	f->service.accepts = OWN;
	assert_string_equal(obtain(f, f->store, "token-1"), "token-3");
	assert_string_equal(f->service.seen, OWN " refresh-1 " OWN " ");
}

static void a_temporary_fault_does_not_try_the_credential(void **state)
{
	struct fixture *f = begin(*state, OWN);

	f->service.rotates = true;
	obtain(f, f->store, NULL);
	f->service.accepts = OWN;
	f->service.fault = ERROR_UPSTREAM;
	assert_null(obtain(f, f->store, "token-1"));
	assert_error(&f->error, ERROR_UPSTREAM, "");
	assert_string_equal(f->service.seen, OWN " refresh-1 ");
}

static void a_failed_renewal_releases_the_lock(void **state)
{
	struct fixture *f = begin(*state, OWN);

	f->service.accepts = "another";
	assert_null(obtain(f, f->store, NULL));
	assert_error(&f->error, ERROR_CREDENTIAL, "");
	assert_int_equal(database_int(f->path, "SELECT renewing_until FROM "
					       "credentials"),
			 0);
	f->service.accepts = NULL;
	assert_string_equal(obtain(f, f->store, NULL), "token-2");
}

#define THREADS 8

struct client {
	struct fixture *f;
	struct store *store;
	char token[32];
};

static void *obtain_one(void *ctx)
{
	struct client *c = ctx;
	struct arena arena;
	struct error e;
	struct upstream_call call = { .arena = &arena,
				      .http = &c->f->service.http,
				      .error = &e };

	arena_init(&arena);
	if (access_token_obtain(c->store, &c->f->credential, NULL, &call))
		snprintf(c->token, sizeof(c->token), "%s", call.bearer);
	arena_fini(&arena);
	return NULL;
}

/* Threads of two processes, all at once. */
static void many_at_once_renew_once(void **state)
{
	struct fixture *f = begin(*state, OWN);
	struct store *stores[] = { f->store, database_open(*state, f->path) };
	struct client clients[THREADS] = { 0 };
	pthread_t threads[THREADS];

	f->service.rotates = true;
	f->service.pause_ms = 60;
	for (int i = 0; i < THREADS; i++) {
		clients[i].f = f;
		clients[i].store = stores[i % 2];
		assert_int_equal(pthread_create(&threads[i], NULL, obtain_one,
						&clients[i]),
				 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_string_equal(clients[i].token, "token-1");
	}
	assert_int_equal(f->service.renewals, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_access_token_is_used_as_it_is),
		TEST(an_access_token_that_fails_cannot_be_renewed),
		TEST(a_valid_token_is_renewed_only_once),
		TEST(a_refused_token_is_renewed),
		TEST(a_token_is_renewed_before_it_expires),
		TEST(a_short_lifetime_is_used_half),
		TEST(a_rotated_refresh_token_replaces_the_credential),
		TEST(an_invalid_rotated_token_falls_back_to_the_credential),
		TEST(a_temporary_fault_does_not_try_the_credential),
		TEST(a_failed_renewal_releases_the_lock),
		TEST(many_at_once_renew_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
