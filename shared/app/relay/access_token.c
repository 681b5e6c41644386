/* SPDX-License-Identifier: MIT */
/* Access tokens: used while they last, renewed by one for all. */
#include "app/relay/access_token.h"

#include <string.h>

#include "base/clock.h"
#include "store/token_renewal.h"

/* How long before its end a token is renewed, if it lives that long. */
#define EARLY_MS 60000
#define LOCK_MS 30000
#define WAIT_STEP_MS 50

/* Each waits for a locked database by itself (BUSY_MS in store/db.c). */
#define KEEP_TRIES 6

static bool is_good(const struct access_token *access, const char *refused)
{
	if (access->token == NULL)
		return false;
	if (refused != NULL && strcmp(access->token, refused) == 0)
		return false;
	return access->expires_ms > clock_wall_ms();
}

/* What is stored as a token's end is when to renew it. */
static int64_t renewal_time(int64_t expires_ms)
{
	int64_t now = clock_wall_ms(), life = expires_ms - now;

	return now + (life > 2 * EARLY_MS ? life - EARLY_MS : life / 2);
}

/*
 * A stored refresh token replaced the credential when Kimi rotated it; should
 * Kimi refuse it, the credential itself may still do.
 */
static bool renew_first(struct upstream_call *call, const struct credential *c,
			const char *stored, const char *own,
			struct access_token *access)
{
	if (stored != NULL && c->upstream->renew(call, stored, access))
		return true;
	if (stored != NULL &&
	    (call->error->kind != ERROR_CREDENTIAL || strcmp(stored, own) == 0))
		return false;
	return c->upstream->renew(call, own, access);
}

/* Kimi has forgotten the old tokens: the new ones must not get lost. */
static bool keep(struct store *store, const struct credential *c,
		 const struct access_token *access, struct upstream_call *call)
{
	for (int i = 0; i < KEEP_TRIES; i++)
		if (store_token_renewal_save(store, c, access, call->arena,
					     call->error))
			return true;
	return false;
}

/* With the right to renew in hand. */
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
	if (!renew_first(call, c, access.refresh, own, &access)) {
		secret_redact_word(call->error->message, own);
		secret_redact_word(call->error->message, access.refresh);
		return false;
	}
	access.expires_ms = renewal_time(access.expires_ms);
	if (!keep(store, c, &access, call))
		return false;
	call->bearer = access.token;
	return true;
}

static bool renew(struct store *store, const struct credential *c,
		  const char *own, const char *refused,
		  struct upstream_call *call, bool *locked)
{
	int64_t until = clock_wall_ms() + LOCK_MS;
	struct error ignored;
	bool ok;

	if (!store_token_renewal_lock(store, c, until, locked, call->error))
		return false;
	if (!*locked)
		return true;
	ok = renew_locked(store, c, own, refused, call);
	store_token_renewal_unlock(store, c, until, &ignored);
	return ok;
}

bool access_token_obtain(struct store *store, const struct credential *c,
			 const char *refused, struct upstream_call *call)
{
	struct access_token own = c->upstream->access(call->arena, c->secret);
	int64_t give_up = clock_ms() + LOCK_MS;
	bool locked = false;

	if (own.refresh == NULL) {
		call->bearer = own.token;
		if (refused == NULL && own.expires_ms > clock_wall_ms())
			return true;
		return error_set(call->error, ERROR_CREDENTIAL,
				 refused == NULL ?
					 "Kimi's access token has expired: "
					 "configure a refresh token instead." :
					 "Kimi refuses the access token.");
	}
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
			 "The renewal of Kimi's access token takes too long.");
}
