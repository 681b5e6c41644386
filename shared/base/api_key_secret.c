/* SPDX-License-Identifier: MIT */
/* API keys of our own: made and checked. */
#include "base/api_key_secret.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <nettle/base64.h>

#define PREFIX API_KEY_SECRET_PREFIX
#define PREFIX_LENGTH (sizeof(PREFIX) - 1)
#define RANDOM_BYTES 32
#define RANDOM_LENGTH 43
#define CHECK_BYTES 4
#define CHECK_LENGTH 6

/* As of zlib and Ethernet. */
static uint32_t crc32(const char *p, size_t n)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < n; i++) {
		crc ^= (unsigned char)p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
	}
	return ~crc;
}

/* Without padding; `out` gets no NUL. */
static void encode(char *out, const uint8_t *p, size_t n)
{
	struct base64_encode_ctx ctx;
	char end[BASE64_ENCODE_FINAL_LENGTH];
	size_t length, rest;

	base64url_encode_init(&ctx);
	length = base64_encode_update(&ctx, out, n, p);
	rest = base64_encode_final(&ctx, end);
	while (rest > 0 && end[rest - 1] == '=')
		rest--;
	memcpy(out + length, end, rest);
}

/* The characters that end the text. */
static void make_check(const char *text, char out[CHECK_LENGTH])
{
	uint32_t crc = crc32(text, PREFIX_LENGTH + RANDOM_LENGTH);
	const uint8_t bytes[CHECK_BYTES] = {
		(uint8_t)(crc >> 24),
		(uint8_t)(crc >> 16),
		(uint8_t)(crc >> 8),
		(uint8_t)crc,
	};

	encode(out, bytes, CHECK_BYTES);
}

char *api_key_secret_make(struct arena *a)
{
	char *text = arena_alloc(a, PREFIX_LENGTH + RANDOM_LENGTH +
					    CHECK_LENGTH + 1);
	uint8_t bytes[RANDOM_BYTES];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		abort();
	memcpy(text, PREFIX, PREFIX_LENGTH);
	encode(text + PREFIX_LENGTH, bytes, sizeof(bytes));
	make_check(text, text + PREFIX_LENGTH + RANDOM_LENGTH);
	return text;
}

bool api_key_secret_is(const char *text)
{
	return strncmp(text, PREFIX, PREFIX_LENGTH) == 0;
}

bool api_key_secret_check(const char *text)
{
	char check[CHECK_LENGTH];

	if (!api_key_secret_is(text) ||
	    strlen(text) != PREFIX_LENGTH + RANDOM_LENGTH + CHECK_LENGTH)
		return false;
	make_check(text, check);
	return memcmp(text + PREFIX_LENGTH + RANDOM_LENGTH, check,
		      CHECK_LENGTH) == 0;
}
