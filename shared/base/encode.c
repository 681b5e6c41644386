/* SPDX-License-Identifier: MIT */
/* Text encodings of ids, paths and JWTs. */
#include "base/encode.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <nettle/base64.h>

#include "base/utf8.h"

#define ALPHABET 62

char *random_id(struct arena *a, const char *prefix)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	size_t start = strlen(prefix), have = start;
	char *id = arena_alloc(a, start + RANDOM_ID_LENGTH + 1);
	unsigned char bytes[RANDOM_ID_LENGTH];

	memcpy(id, prefix, start);
	while (have < start + RANDOM_ID_LENGTH) {
		if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
			abort();
		for (size_t i = 0; i < sizeof(bytes); i++) {
			/* Refuse the uneven rest, so that all are alike. */
			if (bytes[i] >= 256 / ALPHABET * ALPHABET)
				continue;
			if (have < start + RANDOM_ID_LENGTH)
				id[have++] = alphabet[bytes[i] % ALPHABET];
		}
	}
	return id;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool percent_decode(const char *s, size_t n, char *out)
{
	size_t o = 0;

	for (size_t i = 0; i < n; i++) {
		int c = (unsigned char)s[i];

		if (c == '%') {
			int high = i + 1 < n ? hex_value(s[i + 1]) : -1;
			int low = i + 2 < n ? hex_value(s[i + 2]) : -1;

			if (high < 0 || low < 0)
				return false;
			c = high * 16 + low;
			i += 2;
		}
		if (c < 0x20 || c == 0x7F)
			return false;
		out[o++] = (char)c;
	}
	out[o] = '\0';
	return true;
}

void file_name_clean(char *name)
{
	char *out = name;

	for (const char *p = name; *p != '\0'; p++)
		if (*p == '/' || *p == '\\')
			out = name;
		else if ((unsigned char)*p >= 0x20 && *p != 0x7F)
			*out++ = *p;
	*out = '\0';
	name[utf8_whole(name, strlen(name))] = '\0';
	utf8_mend(name);
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
