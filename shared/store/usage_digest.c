/* SPDX-License-Identifier: MIT */
/* Tells whether sums are those of rows, without sorting the rows. */
#include "store/usage_digest_internal.h"

#include <stddef.h>
#include <stdint.h>

/* Of FNV-1a. */
#define BASIS UINT64_C(14695981039346656037)
#define PRIME UINT64_C(1099511628211)

static uint64_t hash(uint64_t h, const void *p, size_t n)
{
	const unsigned char *bytes = p;

	for (size_t i = 0; i < n; i++)
		h = (h ^ bytes[i]) * PRIME;
	return h;
}

/* A text with its end, so that "a", "bc" is not "ab", "c". */
static uint64_t hash_value(uint64_t h, sqlite3_value *v)
{
	const unsigned char *text;
	int64_t number;

	if (sqlite3_value_type(v) == SQLITE_TEXT) {
		text = sqlite3_value_text(v);
		return hash(h, text, (size_t)sqlite3_value_bytes(v) + 1);
	}
	number = sqlite3_value_int64(v);
	return hash(h, &number, sizeof(number));
}

/* SplitMix64: numbers that have nothing to do with each other. */
static uint64_t weight(uint64_t names, uint64_t column)
{
	uint64_t z = names + column * UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static void step(sqlite3_context *ctx, int n, sqlite3_value **values)
{
	uint64_t *digest = sqlite3_aggregate_context(ctx, sizeof(*digest));
	uint64_t names = BASIS;

	if (digest == NULL) {
		sqlite3_result_error_nomem(ctx);
		return;
	}
	for (int i = 0; i < USAGE_DIGEST_NAMES; i++)
		names = hash_value(names, values[i]);
	for (int i = USAGE_DIGEST_NAMES; i < n; i++)
		*digest += (uint64_t)sqlite3_value_int64(values[i]) *
			   weight(names, (uint64_t)i);
}

static void final(sqlite3_context *ctx)
{
	const uint64_t *digest = sqlite3_aggregate_context(ctx, 0);

	sqlite3_result_int64(ctx, digest == NULL ? 0 : (int64_t)*digest);
}

int usage_digest_add_function(sqlite3 *handle)
{
	return sqlite3_create_function_v2(handle, "usage_digest", -1,
					  SQLITE_UTF8, NULL, NULL, step, final,
					  NULL);
}
