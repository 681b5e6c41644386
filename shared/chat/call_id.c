/* SPDX-License-Identifier: MIT */
/* Tool call ids that are unique and clean, and can be turned back. */
#include "chat/call_id.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random_id.h"

#define PREFIX "call_"
#define PREFIX_LENGTH 5
#define RANDOM_LENGTH 12
#define START (PREFIX_LENGTH + RANDOM_LENGTH + 1)

char *call_id_wrap(struct arena *a, const char *original)
{
	char *unique = random_id(a, PREFIX);
	char *id = arena_alloc(a, START + 3 * strlen(original) + 1);
	char *out = id + START;

	memcpy(id, unique, START - 1);
	id[START - 1] = '_';
	for (const char *p = original; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;

		if (isalnum(c) || c == '_')
			*out++ = *p;
		else
			out += snprintf(out, 4, "-%02x", c);
	}
	return id;
}

bool call_id_is_ours(const char *id)
{
	if (strlen(id) <= START || strncmp(id, PREFIX, PREFIX_LENGTH) != 0)
		return false;
	for (size_t i = PREFIX_LENGTH; i < START - 1; i++)
		if (!isalnum((unsigned char)id[i]))
			return false;
	if (id[START - 1] != '_')
		return false;
	for (const char *p = id + START; *p != '\0'; p++)
		if (*p == '-' && (!isxdigit((unsigned char)p[1]) ||
				  !isxdigit((unsigned char)p[2])))
			return false;
	return true;
}

char *call_id_unwrap(struct arena *a, const char *id)
{
	char *original, *out;

	if (!call_id_is_ours(id))
		return arena_copy(a, id);
	original = out = arena_alloc(a, strlen(id));
	for (const char *p = id + START; *p != '\0'; p++) {
		if (*p == '-') {
			char hex[3] = { p[1], p[2], '\0' };

			*out++ = (char)strtol(hex, NULL, 16);
			p += 2;
		} else {
			*out++ = *p;
		}
	}
	return original;
}
