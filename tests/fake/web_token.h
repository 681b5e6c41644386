/* SPDX-License-Identifier: MIT */
#ifndef FAKE_WEB_TOKEN_H
#define FAKE_WEB_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

struct fake;

struct web_used;

#define WEB_USED_BUCKETS 256

/* Which tokens are worth nothing any more, though they look well. */
struct web_tokens {
	unsigned generation; /* of access tokens we issue */
	int64_t revoked_at;  /* seconds: foreign tokens up to here, too */
	unsigned long issued;
	struct web_used *used[WEB_USED_BUCKETS]; /* rotated refresh tokens */
};

/* Whose access token is this? NULL: nobody's, or not valid any more.
 * Caller frees. */
char *web_access_owner(struct fake *fake, const char *token);
/* Adds {"access_token","refresh_token"}, rotated if the settings say so; the
 * Connect protocol's names are camelCase, and it always rotates. False: the
 * token is refused. */
bool web_refresh(struct fake *fake, const char *token, bool is_connect,
		 struct text *json);
/* All access tokens issued so far become invalid. Under the lock. */
void web_tokens_revoke(struct web_tokens *tokens);
/* Forgets rotated tokens. Under the lock. */
void web_tokens_clear(struct web_tokens *tokens);

#endif
