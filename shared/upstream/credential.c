/* SPDX-License-Identifier: MIT */
/* Which Kimi service a credential belongs to. */
#include "upstream/credential.h"

#include <ctype.h>
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

/* Why it is not fit for a header, which takes visible ASCII without anything
 * that ends the line; NULL if it is. */
static const char *fault(const char *s)
{
	if (*s == '\0')
		return "is empty.";
	if (strlen(s) > LONGEST)
		return "is longer than 8192 bytes.";
	for (; *s != '\0'; s++) {
		if (isspace((unsigned char)*s))
			return "contains white space.";
		if (*s == '"')
			return "contains a quote: if the browser shows a list, "
			       "join its parts with '.'.";
		if (*s < ' ' || *s > '~' || *s == '\\')
			return "contains a character that none has.";
	}
	return NULL;
}

bool credential_parse(struct credential *c, struct arena *a, const char *entry,
		      struct error *e)
{
	const char *why;

	c->upstream = by_prefix(&entry);
	if (c->upstream == NULL)
		c->upstream = by_shape(entry);
	why = fault(entry);
	if (why != NULL)
		return error_set(e, ERROR_SETUP, "%s", why);
	c->secret = arena_copy(a, entry);
	c->label = arena_printf(a, "%s %s", c->upstream->name,
				secret_label(a, entry));
	/* The same word may be a credential of two services. */
	secret_fingerprint(arena_printf(a, "%s:%s", c->upstream->name, entry),
			   c->fingerprint);
	c->of_client = c->kept = false;
	return true;
}

bool credential_plausible(struct arena *a, const char *entry)
{
	if (fault(entry) != NULL)
		return false;
	if (by_prefix(&entry) == NULL)
		return by_shape(entry)->plausible(a, entry);
	return fault(entry) == NULL && strlen(entry) >= SHORTEST_PREFIXED;
}
