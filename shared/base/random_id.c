/* SPDX-License-Identifier: MIT */
/* Random ids. */
#include "base/random_id.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"

#define ALPHABET 62
#define TIME_LENGTH 8

/* One byte of 32 cannot be used, and a system call costs more. */
#define SPARE 2

/* In the order of their codes. */
static const char alphabet[] =
	"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static void put_random(char *id, size_t n)
{
	unsigned char bytes[SPARE * RANDOM_ID_LENGTH];
	size_t have = 0;

	while (have < n) {
		if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
			abort();
		for (size_t i = 0; i < sizeof(bytes) && have < n; i++)
			/* Past the last multiple some would be likelier. */
			if (bytes[i] < 256 / ALPHABET * ALPHABET)
				id[have++] = alphabet[bytes[i] % ALPHABET];
	}
}

static char *id_with(struct arena *a, const char *prefix, char **rest)
{
	size_t start = strlen(prefix);
	char *id = arena_alloc(a, start + RANDOM_ID_LENGTH + 1);

	memcpy(id, prefix, start);
	*rest = id + start;
	return id;
}

char *random_id(struct arena *a, const char *prefix)
{
	char *rest, *id = id_with(a, prefix, &rest);

	put_random(rest, RANDOM_ID_LENGTH);
	return id;
}

char *random_id_ordered(struct arena *a, const char *prefix)
{
	uint64_t now = (uint64_t)clock_wall_ms();
	char *rest, *id = id_with(a, prefix, &rest);

	for (size_t i = TIME_LENGTH; i-- > 0; now /= ALPHABET)
		rest[i] = alphabet[now % ALPHABET];
	put_random(rest + TIME_LENGTH, RANDOM_ID_LENGTH - TIME_LENGTH);
	return id;
}
