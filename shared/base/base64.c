/* SPDX-License-Identifier: MIT */
/* base64 (RFC 4648); also from any position, for files inside JSON. */
#include "base/base64.h"

#include <stdint.h>

#include <nettle/base64.h>

#define NO_VALUE 64

/* The value of a character; NO_VALUE if it has none. */
static unsigned value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (unsigned)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (unsigned)(c - 'a') + 26;
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0') + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : NO_VALUE;
}

bool base64_check(const char *s, size_t n, size_t *bytes)
{
	if (n > 0 && n % 4 == 0 && s[n - 1] == '=')
		n -= s[n - 2] == '=' ? 2 : 1;
	for (size_t i = 0; i < n; i++)
		if (value_of(s[i]) == NO_VALUE)
			return false;
	*bytes = n / 4 * 3 + (n % 4 > 0 ? n % 4 - 1 : 0);
	return n % 4 != 1;
}

/* Each byte is made of two adjacent characters. */
static uint8_t byte_at(const char *s, size_t i)
{
	const char *two = s + i / 3 * 4 + i % 3;
	unsigned high = value_of(two[0]), low = value_of(two[1]);

	switch (i % 3) {
	case 0:
		return (uint8_t)(high << 2 | low >> 4);
	case 1:
		return (uint8_t)(high << 4 | low >> 2);
	}
	return (uint8_t)(high << 6 | low);
}

void base64_read(const char *s, size_t offset, void *p, size_t n)
{
	uint8_t *out = p;

	for (size_t i = 0; i < n; i++)
		out[i] = byte_at(s, offset + i);
}

void base64_write(const void *p, size_t n, char *out)
{
	base64_encode_raw(out, n, p);
}

char *base64url_decode(struct arena *a, const char *s, size_t n)
{
	struct base64_decode_ctx ctx;
	size_t length = BASE64_DECODE_LENGTH(n);
	char *out = arena_alloc(a, length + 1);

	base64url_decode_init(&ctx);
	if (!base64_decode_update(&ctx, &length, (uint8_t *)out, n, s))
		return NULL;
	out[length] = '\0';
	return out;
}

bool base64_decode(const char *s, size_t n, void *out, size_t *length)
{
	struct base64_decode_ctx ctx;

	*length = BASE64_DECODE_LENGTH(n);
	base64_decode_init(&ctx);
	return base64_decode_update(&ctx, length, out, n, s) &&
	       base64_decode_final(&ctx);
}
