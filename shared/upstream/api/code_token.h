/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_CODE_TOKEN_H
#define UPSTREAM_API_CODE_TOKEN_H

#include "upstream/upstream.h"

/* Keys are used as they are; other secrets are tokens of OAuth. */
struct access_token code_token_access(struct arena *a, const char *secret);

/* Renews a token (POST /api/oauth/token), with the client id of the setting
 * KIMI_CODE_CLIENT_ID. */
bool code_token_renew(struct upstream_call *call, const char *refresh,
		      struct access_token *access);

#endif
