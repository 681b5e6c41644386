/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_CODE_TOKEN_H
#define UPSTREAM_API_CODE_TOKEN_H

#include "base/json.h"
#include "upstream/upstream.h"

/* Keys are used as they are; other secrets are tokens of OAuth. */
struct access_token code_token_access(struct arena *a, const char *secret);

/* Renews a token (POST /api/oauth/token), with the client id of the setting
 * KIMI_CODE_CLIENT_ID. */
bool code_token_renew(struct upstream_call *call, const char *refresh,
		      struct access_token *access);

/* The setting KIMI_CODE_CLIENT_ID; NULL and a filled error without it. */
const char *code_token_client(struct upstream_call *call);

/* Reads what Kimi answers with tokens; `refresh` is the refresh token where it
 * gives no new one, or NULL. */
bool code_token_read(struct upstream_call *call, const cJSON *tree,
		     const char *refresh, struct access_token *access);

#endif
