/* SPDX-License-Identifier: MIT */
/* Which Kimi service a credential belongs to. */
#include "upstream/credential.h"

#include <string.h>

#include "upstream/services.h"

#define LONGEST 8192
#define SHORTEST_PREFIXED 16

static const struct upstream *by_prefix(const char **entry)
{
	for (size_t i = 0; services[i] != NULL; i++) {
		size_t n = strlen(services[i]->name);

		if (strncmp(*entry, services[i]->name, n) == 0 &&
		    (*entry)[n] == ':') {
			*entry += n + 1;
			return services[i];
		}
	}
	return NULL;
}

static const struct upstream *by_shape(const char *entry)
{
	size_t i = 0;

	while (!services[i]->recognizes(entry))
		i++;
	return services[i];
}

/* Fit for a header: visible ASCII, without anything that ends the line. */
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
				 "A credential is empty, longer than %d bytes, "
				 "or contains invalid characters.",
				 LONGEST);
	c->secret = arena_copy(a, entry);
	c->label = arena_printf(a, "%s %s", c->upstream->name,
				secret_label(a, entry));
	/* The same word may be a credential of two services. */
	secret_fingerprint(arena_printf(a, "%s:%s", c->upstream->name, entry),
			   c->fingerprint);
	return true;
}

bool credential_plausible(struct arena *a, const char *entry)
{
	if (!is_token(entry))
		return false;
	if (by_prefix(&entry) == NULL)
		return by_shape(entry)->plausible(a, entry);
	return is_token(entry) && strlen(entry) >= SHORTEST_PREFIXED;
}
