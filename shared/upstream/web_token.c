/* SPDX-License-Identifier: MIT */
/* Kimi web: access and refresh tokens. */
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "upstream/web.h"

/* What an access token lives that does not say so. */
#define DEFAULT_LIFE_MS (300 * 1000)

/* The claims of a JWT; NULL if it is none. The signature is Kimi's matter. */
static const cJSON *claims(struct arena *a, const char *token)
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

static bool claim_is(const cJSON *c, const char *name, const char *value)
{
	const char *text = json_text(c, name);

	return text != NULL && strcmp(text, value) == 0;
}

static int64_t expiry_of(const cJSON *c, int64_t otherwise)
{
	int64_t seconds = json_int(c, "exp", 0);

	return seconds > 0 ? seconds * 1000 : otherwise;
}

struct access web_access(struct arena *a, const char *secret)
{
	const cJSON *c = claims(a, secret);

	if (claim_is(c, "app_id", "kimi") && claim_is(c, "typ", "access"))
		return (struct access){ .token = secret,
					.expires_ms = expiry_of(c, INT64_MAX) };
	return (struct access){ .refresh = secret };
}

bool web_renew(struct upstream_call *call, const char *refresh,
	       struct access *access)
{
	const cJSON *answer = web_request(call, "GET",
					  "/api/auth/token/refresh", refresh,
					  NULL, WEB_REQUEST_MS);
	const char *next = json_text(answer, "refresh_token");

	if (answer == NULL) {
		/* 400 was seen for a bad refresh token, too (A2). */
		if (call->error->kind == ERROR_CHAT_GONE)
			call->error->kind = ERROR_UPSTREAM;
		return false;
	}
	access->token = json_text(answer, "access_token");
	if (access->token == NULL)
		return error_set(call->error, ERROR_UPSTREAM,
				 "Kimi renewed a token without giving one.");
	access->refresh = next != NULL && *next != '\0' ? next : refresh;
	access->expires_ms = expiry_of(claims(call->arena, access->token),
				       clock_wall_ms() + DEFAULT_LIFE_MS);
	return true;
}
