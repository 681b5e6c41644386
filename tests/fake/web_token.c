/* SPDX-License-Identifier: MIT */
/* Tokens of the web service: JWTs without a real signature, made and read,
 * and refresh tokens that may work only once. */
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "fake.h"
#include "peer.h"
#include "web_token.h"

/* Nobody is meant to verify it. */
#define SIGNATURE "c2lnbmF0dXJlLW9mLXRoZS1mYWtlLUtpbWktc2VydmVy"
#define JTI_ACCESS "fake-access-"
#define JTI_REFRESH "fake-refresh-"
#define REFRESH_LIFETIME (90L * 86400)

struct web_used {
	struct web_used *next;
	char *token;
};

/* The payload of a JWT; NULL if the token is none. Caller deletes. */
static cJSON *jwt_claims(const char *token)
{
	const char *first = token ? strchr(token, '.') : NULL;
	const char *second = first ? strchr(first + 1, '.') : NULL;
	struct text payload = { 0 };
	cJSON *claims = NULL;

	if (!second || strchr(second + 1, '.'))
		return NULL;
	if (base64_read(&payload, first + 1, (size_t)(second - first) - 1) &&
	    payload.length)
		claims = cJSON_ParseWithLength(payload.at, payload.length);
	text_fini(&payload);
	if (cJSON_IsObject(claims))
		return claims;
	cJSON_Delete(claims);
	return NULL;
}

static const char *claim(const cJSON *claims, const char *name)
{
	const char *value = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(claims, name));

	return value ? value : "";
}

static int64_t claim_time(const cJSON *claims, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(claims, name);

	return cJSON_IsNumber(item) ? (int64_t)item->valuedouble : 0;
}

static void jwt_add(struct text *t, const char *type, const char *owner,
		    const char *jti, long lifetime)
{
	int64_t now = clock_day_us() / 1000000;
	static const char head[] = "{\"alg\":\"HS512\",\"typ\":\"JWT\"}";
	struct text payload = { 0 };

	text_printf(&payload,
		    "{\"iss\":\"user-center\",\"exp\":%" PRId64
		    ",\"iat\":%" PRId64 ",\"jti\":\"%s\",\"typ\":\"%s\","
		    "\"app_id\":\"kimi\",\"sub\":\"%s\","
		    "\"space_id\":\"%s\",\"abstract_user_id\":\"%s\","
		    "\"ssid\":\"1731700000000000001\","
		    "\"device_id\":\"7430000000000000001\","
		    "\"region\":\"overseas\",\"membership\":{\"level\":10}}",
		    now + lifetime, now, jti, type, owner, owner, owner);
	base64url_add(t, head, sizeof(head) - 1);
	text_put(t, ".");
	base64url_add(t, payload.at, payload.length);
	text_put(t, "." SIGNATURE);
	text_fini(&payload);
}

static uint64_t hash(const char *string, uint64_t h)
{
	for (; *string; string++)
		h = (h ^ (unsigned char)*string) * 0x100000001b3u;
	return h ^ h >> 29;
}

/* The user of a foreign token: 20 characters of its hash. */
static char *owner_of(const char *token)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	char *owner = memory_new(21);
	uint64_t h = 0;

	for (size_t i = 0; i < 20; i++) {
		if (i % 10 == 0)
			h = hash(token, 0xcbf29ce484222325u + i);
		owner[i] = digits[h % 36];
		h /= 36;
	}
	return owner;
}

static bool is_ours(const cJSON *claims, const char *prefix)
{
	return strncmp(claim(claims, "jti"), prefix, strlen(prefix)) == 0;
}

static bool access_ok(struct fake *fake, const cJSON *claims)
{
	struct web_tokens *tokens = &fake->tokens;
	unsigned generation;
	int64_t revoked_at;

	if (strcmp(claim(claims, "app_id"), "kimi") != 0 ||
	    strcmp(claim(claims, "typ"), "access") != 0 ||
	    claim_time(claims, "exp") <= clock_day_us() / 1000000)
		return false;
	pthread_mutex_lock(&fake->lock);
	generation = tokens->generation;
	revoked_at = tokens->revoked_at;
	pthread_mutex_unlock(&fake->lock);
	if (is_ours(claims, JTI_ACCESS))
		return strtoul(claim(claims, "jti") + strlen(JTI_ACCESS), NULL,
			       10) == generation;
	return revoked_at == 0 || claim_time(claims, "iat") > revoked_at;
}

char *web_access_owner(struct fake *fake, const char *token)
{
	cJSON *claims = jwt_claims(token);
	char *owner = NULL;

	if (claims && access_ok(fake, claims))
		owner = *claim(claims, "sub") ?
				memory_copy(claim(claims, "sub")) :
				owner_of(token);
	cJSON_Delete(claims);
	return owner;
}

/* The owner of a refresh token; NULL: it is not one. Caller frees. */
static char *refresh_owner(const char *token)
{
	cJSON *claims = jwt_claims(token);
	char *owner = NULL, *printed;

	if (!token || !*token)
		return NULL;
	if (!claims)
		return strstr(token, "bad") ? NULL : owner_of(token);
	printed = cJSON_PrintUnformatted(claims);
	if (is_ours(claims, JTI_REFRESH))
		owner = memory_copy(claim(claims, "sub"));
	else if (strcmp(claim(claims, "typ"), "refresh") == 0 &&
		 !strstr(printed, "bad"))
		owner = owner_of(token);
	cJSON_free(printed);
	cJSON_Delete(claims);
	return owner;
}

static bool is_used(const struct web_tokens *tokens, const char *token)
{
	const struct web_used *used =
		tokens->used[hash(token, 1) % WEB_USED_BUCKETS];

	while (used && strcmp(used->token, token) != 0)
		used = used->next;
	return used != NULL;
}

static void use_up(struct web_tokens *tokens, const char *token)
{
	struct web_used **bucket =
		&tokens->used[hash(token, 1) % WEB_USED_BUCKETS];
	struct web_used *used = memory_new(sizeof(*used));

	used->token = memory_copy(token);
	used->next = *bucket;
	*bucket = used;
}

/* Under the lock. */
static void pair_add(struct fake *fake, const char *token, const char *owner,
		     bool is_connect, struct text *json)
{
	struct web_tokens *tokens = &fake->tokens;
	char jti[64];

	tokens->issued++;
	(void)snprintf(jti, sizeof(jti), JTI_ACCESS "%u-%lu",
		       tokens->generation, tokens->issued);
	text_printf(json, "{\"%s\":\"",
		    is_connect ? "accessToken" : "access_token");
	jwt_add(json, "access", owner, jti, fake->settings.lifetime);
	text_printf(json, "\",\"%s\":",
		    is_connect ? "refreshToken" : "refresh_token");
	if (!is_connect && !fake->settings.rotate) {
		text_quote_string(json, token);
	} else {
		(void)snprintf(jti, sizeof(jti), JTI_REFRESH "%lu",
			       tokens->issued);
		text_put(json, "\"");
		jwt_add(json, "refresh", owner, jti, REFRESH_LIFETIME);
		text_put(json, "\"");
		use_up(tokens, token);
	}
	text_put(json, "}");
}

bool web_refresh(struct fake *fake, const char *token, bool is_connect,
		 struct text *json)
{
	char *owner = refresh_owner(token);
	bool ok;

	if (!owner)
		return false;
	pthread_mutex_lock(&fake->lock);
	ok = !is_used(&fake->tokens, token);
	if (ok)
		pair_add(fake, token, owner, is_connect, json);
	pthread_mutex_unlock(&fake->lock);
	free(owner);
	return ok;
}

void web_tokens_revoke(struct web_tokens *tokens)
{
	tokens->generation++;
	tokens->revoked_at = clock_day_us() / 1000000;
}

void web_tokens_clear(struct web_tokens *tokens)
{
	for (size_t i = 0; i < WEB_USED_BUCKETS; i++) {
		while (tokens->used[i]) {
			struct web_used *used = tokens->used[i];

			tokens->used[i] = used->next;
			free(used->token);
			free(used);
		}
	}
}
