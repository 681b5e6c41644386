/* SPDX-License-Identifier: MIT */
/* Random ids. */
#include "base/random_id.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define ALPHABET 62
#define SPARE 2 /* one byte of 32 cannot be used, and a system call costs more */

char *random_id(struct arena *a, const char *prefix)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	size_t start = strlen(prefix), have = start;
	char *id = arena_alloc(a, start + RANDOM_ID_LENGTH + 1);
	unsigned char bytes[SPARE * RANDOM_ID_LENGTH];

	memcpy(id, prefix, start);
	while (have < start + RANDOM_ID_LENGTH) {
		if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
			abort();
		for (size_t i = 0; i < sizeof(bytes); i++) {
			/* Past the last multiple some would be likelier. */
			if (bytes[i] >= 256 / ALPHABET * ALPHABET)
				continue;
			if (have < start + RANDOM_ID_LENGTH)
				id[have++] = alphabet[bytes[i] % ALPHABET];
		}
	}
	return id;
}
