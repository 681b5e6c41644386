/* SPDX-License-Identifier: MIT */
/* Base64, as tokens and scenes carry bytes. */
#include <string.h>

#include "base64.h"

static const char alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void base64url_add(struct text *t, const char *bytes, size_t n)
{
	unsigned group = 0;
	int bits = 0;

	for (size_t i = 0; i < n; i++) {
		group = group << 8 | (unsigned char)bytes[i];
		for (bits += 8; bits >= 6; bits -= 6)
			text_add(t, &alphabet[group >> (bits - 6) & 63], 1);
		group &= 63;
	}
	if (bits)
		text_add(t, &alphabet[group << (6 - bits) & 63], 1);
}

static int digit_of(char c)
{
	const char *found;

	if (c == '+')
		c = '-';
	else if (c == '/')
		c = '_';
	found = c ? strchr(alphabet, c) : NULL;
	return found ? (int)(found - alphabet) : -1;
}

bool base64_read(struct text *t, const char *chars, size_t n)
{
	unsigned group = 0;
	int bits = 0;

	for (size_t i = 0; i < n && chars[i] != '='; i++) {
		int digit = digit_of(chars[i]);
		char byte;

		if (digit < 0)
			return false;
		group = (group << 6 | (unsigned)digit) & 0xffff;
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		byte = (char)(group >> bits & 0xff);
		text_add(t, &byte, 1);
	}
	return true;
}
