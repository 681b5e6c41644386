/* SPDX-License-Identifier: MIT */
/* Access tokens: shared by all processes, renewed by one of them. */
#include "app/access_token.h"

#include <string.h>

#include "base/clock.h"
#include "store/token_renewal.h"

/* How long before it expires a token is renewed, if it lasts that long. */
#define EARLY_MS 60000
#define LOCK_MS 30000
#define WAIT_STEP_MS 50

/* Each of them waits for a locked database (DB_DURABLE in store/db.c). */
#define STORE_TRIES 6

static bool is_good(const struct access_token *access, const char *refused)
{
	if (access->token == NULL)
		return false;
	if (refused != NULL && strcmp(access->token, refused) == 0)
		return false;
	return access->expires_ms > clock_wall_ms();
}

int64_t access_token_renewal_ms(int64_t expires_ms)
{
	int64_t now = clock_wall_ms(), lifetime = expires_ms - now;

	return now +
	       (lifetime > 2 * EARLY_MS ? lifetime - EARLY_MS : lifetime / 2);
}

/*
 * A stored refresh token is a newer one that Kimi gave us in place of the
 * configured credential. If Kimi refuses it, the credential may still work.
 */
static bool renew_by_either(struct upstream_call *call,
			    const struct credential *c, const char *stored,
			    const char *own, struct access_token *access)
{
	if (stored != NULL && c->upstream->renew(call, stored, access))
		return true;
	if (stored != NULL &&
	    (call->error->kind != ERROR_CREDENTIAL || strcmp(stored, own) == 0))
		return false;
	return c->upstream->renew(call, own, access);
}

/* The old tokens are no longer valid: the new ones must not get lost. */
static bool store_renewed(struct store *store, const struct credential *c,
			  const struct access_token *access,
			  struct upstream_call *call)
{
	for (int i = 0; i < STORE_TRIES; i++)
		if (store_token_renewal_save(store, c, access, call->arena,
					     call->error))
			return true;
	return false;
}

/* While we hold the lock. */
static bool renew_locked(struct store *store, const struct credential *c,
			 const char *own, const char *refused,
			 struct upstream_call *call)
{
	struct access_token access;

	if (!store_token_renewal_load(store, c, &access, call->arena,
				      call->error))
		return false;
	if (is_good(&access, refused)) {
		call->bearer = access.token;
		return true;
	}
	if (!renew_by_either(call, c, access.refresh, own, &access)) {
		secret_redact_word(call->error->message, own);
		secret_redact_word(call->error->message, access.refresh);
		return false;
	}
	access.expires_ms = access_token_renewal_ms(access.expires_ms);
	if (!store_renewed(store, c, &access, call))
		return false;
	call->bearer = access.token;
	return true;
}

static bool renew(struct store *store, const struct credential *c,
		  const char *own, const char *refused,
		  struct upstream_call *call, bool *locked)
{
	struct error ignored;
	int64_t lock;
	bool ok;

	if (!store_token_renewal_lock(store, c, LOCK_MS, &lock, call->error))
		return false;
	*locked = lock != 0;
	if (!*locked)
		return true;
	ok = renew_locked(store, c, own, refused, call);
	store_token_renewal_unlock(store, c, lock, &ignored);
	return ok;
}

/* A token that cannot be renewed is used for as long as Kimi accepts it. */
static bool use_as_it_is(const struct access_token *own, const char *refused,
			 struct upstream_call *call)
{
	call->bearer = own->token;
	if (refused != NULL && call->error->kind == ERROR_CREDENTIAL)
		return false; /* with Kimi's words */
	if (refused != NULL)
		return error_set(call->error, ERROR_CREDENTIAL,
				 "Kimi rejected the access token.");
	if (own->expires_ms <= clock_wall_ms())
		return error_set(call->error, ERROR_CREDENTIAL,
				 "Kimi's access token has expired. Use a "
				 "refresh token instead.");
	return true;
}

bool access_token_obtain(struct store *store, const struct credential *c,
			 const char *refused, struct upstream_call *call)
{
	struct access_token own = c->upstream->access(call->arena, c->secret);
	int64_t give_up = clock_ms() + LOCK_MS;
	bool locked = false;

	if (own.refresh == NULL)
		return use_as_it_is(&own, refused, call);
	while (clock_ms() < give_up) {
		struct access_token stored;

		if (!store_token_renewal_load(store, c, &stored, call->arena,
					      call->error))
			return false;
		if (is_good(&stored, refused)) {
			call->bearer = stored.token;
			return true;
		}
		if (!renew(store, c, own.refresh, refused, call, &locked))
			return false;
		if (locked)
			return true;
		if (!http_client_wait(call->http, WAIT_STEP_MS, call->error))
			return false;
	}
	return error_set(call->error, ERROR_TIMEOUT,
			 "Renewing Kimi's access token took too long.");
}

bool access_token_obtain_first(const struct credential *c,
			       struct access_token *access,
			       struct upstream_call *call)
{
	struct access_token own = c->upstream->access(call->arena, c->secret);

	*access = (struct access_token){ 0 };
	if (own.refresh == NULL)
		return use_as_it_is(&own, NULL, call);
	if (!c->upstream->renew(call, own.refresh, access)) {
		*access = (struct access_token){ 0 };
		return false;
	}
	access->expires_ms = access_token_renewal_ms(access->expires_ms);
	call->bearer = access->token;
	return true;
}
