/* SPDX-License-Identifier: MIT */
#ifndef APP_ACCESS_TOKEN_H
#define APP_ACCESS_TOKEN_H

#include "store/store.h"
#include "upstream/credential.h"
#include "upstream/upstream.h"

/*
 * Sets `call->bearer` to what Kimi accepts for the credential: the credential
 * itself, or an access token, which is renewed before it expires. Of all
 * processes that share the database, one renews it while the others wait for
 * the result. `refused` is a bearer that Kimi has just refused and that is not
 * used again, and the error of the call may hold what Kimi said of it; NULL:
 * none. False with ERROR_CREDENTIAL, or whatever made the renewal fail, in
 * `call->error`.
 */
bool access_token_obtain(struct store *store,
			 const struct credential *credential,
			 const char *refused, struct upstream_call *call);

/*
 * The same for a credential of which nothing is stored, and without storing
 * anything. If it was renewed `access->token` is not NULL, and the caller must
 * store `access`: the old tokens are no longer valid.
 */
bool access_token_obtain_first(const struct credential *credential,
			       struct access_token *access,
			       struct upstream_call *call);

/* When to renew a token that expires then: the time that is stored with it.
 * Both are wall clock, ms. */
int64_t access_token_renewal_ms(int64_t expires_ms);

#endif
