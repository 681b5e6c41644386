/* SPDX-License-Identifier: MIT */
/* The claims of JSON web tokens. */
#include "upstream/jwt.h"

#include <string.h>

#include "base/base64.h"

const cJSON *jwt_claims(struct arena *a, const char *token)
{
	const char *dot = strchr(token, '.');
	const char *second = dot == NULL ? NULL : strchr(dot + 1, '.');
	struct error ignored;
	const char *payload;

	if (second == NULL)
		return NULL;
	payload = base64url_decode(a, dot + 1, (size_t)(second - dot - 1));
	if (payload == NULL)
		return NULL;
	return json_parse(a, payload, strlen(payload), &ignored);
}

bool jwt_plausible(struct arena *a, const char *word)
{
	const char *last = strrchr(word, '.');

	return strncmp(word, "eyJ", 3) == 0 && last != NULL &&
	       last[1] != '\0' && cJSON_IsObject(jwt_claims(a, word));
}

int64_t jwt_expiry_ms(const cJSON *claims, int64_t fallback)
{
	int64_t seconds = json_int(claims, "exp", 0);

	return seconds > 0 ? seconds * 1000 : fallback;
}

static bool claim_is(const cJSON *claims, const char *name, const char *value)
{
	const char *text = json_text(claims, name);

	return text != NULL && strcmp(text, value) == 0;
}

struct access_token jwt_access(struct arena *a, const char *secret)
{
	const cJSON *claims = jwt_claims(a, secret);

	if (claim_is(claims, "app_id", "kimi") &&
	    claim_is(claims, "typ", "access"))
		return (struct access_token){ .token = secret,
					      .expires_ms = jwt_expiry_ms(
						      claims, INT64_MAX) };
	return (struct access_token){ .refresh = secret };
}
