/* SPDX-License-Identifier: MIT */
/* Which Kimi service a credential belongs to. */
#include "upstream/credential.h"

#include <ctype.h>
#include <string.h>

#include "base/encode.h"
#include "base/json.h"
#include "upstream/upstream.h"

#define LONGEST 8192
#define SHORTEST_PLATFORM 24
#define SHORTEST_OPAQUE 16

static const struct upstream *by_prefix(const char **entry)
{
	for (size_t i = 0; upstreams[i] != NULL; i++) {
		size_t n = strlen(upstreams[i]->name);

		if (strncmp(*entry, upstreams[i]->name, n) == 0 &&
		    (*entry)[n] == ':') {
			*entry += n + 1;
			return upstreams[i];
		}
	}
	return NULL;
}

static bool is_code_key(const char *entry)
{
	return strncmp(entry, "code:", 5) == 0 ||
	       strncmp(entry, "sk-kimi-", 8) == 0;
}

/* What may stand in a header: visible ASCII, nothing that ends the line. */
static bool is_token(const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++)
		if (s[i] <= ' ' || s[i] > '~' || s[i] == '"' || s[i] == '\\')
			return false;
	return n > 0 && n <= LONGEST;
}

bool credential_parse(struct credential *c, struct arena *a, const char *entry,
		      struct error *e)
{
	if (is_code_key(entry))
		return error_set(e, ERROR_SETUP,
				 "A key of Kimi Code is configured: this "
				 "version does not offer that service.");
	c->upstream = by_prefix(&entry);
	if (c->upstream == NULL)
		c->upstream = strncmp(entry, "sk-", 3) == 0 ?
				      &upstream_platform :
				      &upstream_web;
	if (!is_token(entry))
		return error_set(e, ERROR_SETUP,
				 "A credential is empty, too long or has "
				 "characters that no token has.");
	c->secret = arena_copy(a, entry);
	c->label = arena_printf(a, "%s %s", c->upstream->name,
				secret_label(a, entry));
	/* The same word may be a credential of two services. */
	secret_fingerprint(arena_printf(a, "%s:%s", c->upstream->name, entry),
			   c->fingerprint);
	return true;
}

static bool is_jwt(struct arena *a, const char *s)
{
	const char *dot = strchr(s, '.');
	const char *second = dot == NULL ? NULL : strchr(dot + 1, '.');
	struct error ignored;
	const char *payload;

	if (second == NULL || second[1] == '\0' || strncmp(s, "eyJ", 3) != 0)
		return false;
	payload = base64url_decode(a, dot + 1, (size_t)(second - dot - 1));
	return payload != NULL &&
	       cJSON_IsObject(
		       json_parse(a, payload, strlen(payload), &ignored));
}

static bool is_platform_key(const char *s)
{
	size_t n = strlen(s);

	if (n < SHORTEST_PLATFORM || strncmp(s, "sk-", 3) != 0)
		return false;
	for (size_t i = 3; i < n; i++)
		if (!isalnum((unsigned char)s[i]))
			return false;
	return true;
}

bool credential_plausible(struct arena *a, const char *entry)
{
	const struct upstream *upstream;

	if (is_code_key(entry) || !is_token(entry))
		return false;
	upstream = by_prefix(&entry);
	if (upstream == NULL)
		return is_jwt(a, entry) || is_platform_key(entry);
	return is_token(entry) && strlen(entry) >= SHORTEST_OPAQUE;
}
