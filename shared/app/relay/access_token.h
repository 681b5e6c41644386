/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_ACCESS_TOKEN_H
#define APP_RELAY_ACCESS_TOKEN_H

#include "store/store.h"
#include "upstream/credential.h"
#include "upstream/upstream.h"

/*
 * Puts into `call->bearer` what the credential shows Kimi: itself, or an
 * access token that is renewed before it expires. Of all processes that share
 * the database one renews, the others wait for its result. `refused` is a
 * bearer that Kimi turned down, NULL at first; it is never given again.
 */
bool access_token_obtain(struct store *store,
			 const struct credential *credential,
			 const char *refused, struct upstream_call *call);

#endif
