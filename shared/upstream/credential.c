/* SPDX-License-Identifier: MIT */
/* Which Kimi service a credential belongs to. */
#include "upstream/credential.h"

#include <ctype.h>
#include <string.h>

#include "base/base64.h"
#include "base/json.h"
#include "upstream/upstream.h"

#define LONGEST 8192
#define SHORTEST_KEY 24
#define SHORTEST_OPAQUE 16
#define CODE_PREFIX "sk-kimi-"

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

static const struct upstream *by_shape(const char *entry)
{
	if (strncmp(entry, CODE_PREFIX, strlen(CODE_PREFIX)) == 0)
		return &upstream_code;
	if (strncmp(entry, "sk-", 3) == 0)
		return &upstream_platform;
	return &upstream_web;
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
	c->upstream = by_prefix(&entry);
	if (c->upstream == NULL)
		c->upstream = by_shape(entry);
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

/* sk-… of the Open Platform, sk-kimi-… of Kimi Code. */
static bool is_key(const char *s)
{
	size_t n = strlen(s), start = 3;

	if (n < SHORTEST_KEY || strncmp(s, "sk-", 3) != 0)
		return false;
	if (strncmp(s, CODE_PREFIX, strlen(CODE_PREFIX)) == 0)
		start = strlen(CODE_PREFIX);
	for (size_t i = start; i < n; i++)
		if (!isalnum((unsigned char)s[i]))
			return false;
	return true;
}

bool credential_plausible(struct arena *a, const char *entry)
{
	const struct upstream *upstream;

	if (!is_token(entry))
		return false;
	upstream = by_prefix(&entry);
	if (upstream == NULL)
		return is_jwt(a, entry) || is_key(entry);
	return is_token(entry) && strlen(entry) >= SHORTEST_OPAQUE;
}
