/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_JWT_H
#define UPSTREAM_JWT_H

#include "base/json.h"
#include "upstream/upstream.h"

/*
 * JSON web tokens (RFC 7519) as far as their claims tell what a token is for.
 * The signature is for Kimi to check.
 */

/* The claims of a token; NULL if it is not a JWT. */
const cJSON *jwt_claims(struct arena *a, const char *token);

/* Whether a word is a JWT beyond doubt: three parts, none empty, that begin
 * like one. */
bool jwt_plausible(struct arena *a, const char *word);

/* When the token expires, in wall-clock milliseconds; `fallback` if it does
 * not say. `claims` may be NULL. */
int64_t jwt_expiry_ms(const cJSON *claims, int64_t fallback);

/* What a secret of a Kimi account grants: a JWT with the claims app_id "kimi"
 * and typ "access" is an access token, anything else a refresh token. */
struct access_token jwt_access(struct arena *a, const char *secret);

#endif
