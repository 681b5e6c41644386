/* SPDX-License-Identifier: MIT */
/* UTF-8: check, decode, count, repair, and find a cut sequence. */
#include "base/utf8.h"

#define REPLACEMENT 0xFFFD
#define BLOCK 16 /* bytes that are looked at together */

/* Length of the sequence that begins with `lead`; 0 if none does. */
static size_t sequence_length(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xC2 && lead <= 0xDF)
		return 2;
	if (lead >= 0xE0 && lead <= 0xEF)
		return 3;
	if (lead >= 0xF0 && lead <= 0xF4)
		return 4;
	return 0;
}

/* RFC 3629, section 4: the second byte's range depends on the first. */
static bool second_byte_fits(unsigned char lead, unsigned char second)
{
	if (lead == 0xE0)
		return second >= 0xA0 && second <= 0xBF;
	if (lead == 0xED)
		return second >= 0x80 && second <= 0x9F;
	if (lead == 0xF0)
		return second >= 0x90 && second <= 0xBF;
	if (lead == 0xF4)
		return second >= 0x80 && second <= 0x8F;
	return (second & 0xC0) == 0x80;
}

/* Length of the well-formed sequence at `p`; 0 if malformed or cut. */
static size_t well_formed(const unsigned char *p, size_t n)
{
	size_t length = sequence_length(p[0]);

	if (length == 0 || length > n)
		return 0;
	if (length > 1 && !second_byte_fits(p[0], p[1]))
		return 0;
	for (size_t i = 2; i < length; i++)
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	return length;
}

/* Here and below there is no early end, so that compilers take all the bytes at
 * once. */
static bool is_ascii(const unsigned char *block)
{
	unsigned char any = 0;

	for (size_t i = 0; i < BLOCK; i++)
		any |= block[i];
	return any < 0x80;
}

/* How many characters begin there. */
static size_t count(const unsigned char *block)
{
	unsigned char begin = 0;

	for (size_t i = 0; i < BLOCK; i++)
		begin += (block[i] & 0xC0) != 0x80;
	return begin;
}

size_t utf8_ascii_length(const char *p, size_t n)
{
	const unsigned char *s = (const unsigned char *)p;
	size_t i = 0;

	while (n - i >= BLOCK && is_ascii(s + i))
		i += BLOCK;
	while (i < n && s[i] < 0x80)
		i++;
	return i;
}

size_t utf8_valid_length(const char *p, size_t n)
{
	const unsigned char *s = (const unsigned char *)p;
	size_t i = 0;

	while (i < n) {
		size_t length = s[i] < 0x80 ? utf8_ascii_length(p + i, n - i) :
					      well_formed(s + i, n - i);

		if (length == 0)
			break;
		i += length;
	}
	return i;
}

bool utf8_valid(const char *p, size_t n)
{
	return utf8_valid_length(p, n) == n;
}

size_t utf8_whole(const char *p, size_t n)
{
	const unsigned char *s = (const unsigned char *)p;

	for (size_t back = 1; back <= 3 && back <= n; back++) {
		unsigned char c = s[n - back];

		if ((c & 0xC0) == 0x80)
			continue;
		return sequence_length(c) > back ? n - back : n;
	}
	return n;
}

uint32_t utf8_next(const char **p, const char *end)
{
	const unsigned char *s = (const unsigned char *)*p;
	size_t length = well_formed(s, (size_t)(end - *p));
	uint32_t c;

	if (length == 0) {
		*p += 1;
		return REPLACEMENT;
	}
	*p += length;
	if (length == 1)
		return s[0];
	c = s[0] & (0x7Fu >> length);
	for (size_t i = 1; i < length; i++)
		c = c << 6 | (s[i] & 0x3F);
	return c;
}

void utf8_repair(char *text)
{
	unsigned char *s = (unsigned char *)text;
	size_t n = 0;

	while (s[n] != '\0')
		n++;
	for (size_t i = 0; i < n;) {
		size_t length = well_formed(s + i, n - i);

		if (length == 0)
			s[i] = '?';
		i += length == 0 ? 1 : length;
	}
}

size_t utf8_count(const char *p, size_t n)
{
	const unsigned char *s = (const unsigned char *)p;
	size_t all = 0, i = 0;

	for (; n - i >= BLOCK; i += BLOCK)
		all += count(s + i);
	for (; i < n; i++)
		all += (s[i] & 0xC0) != 0x80;
	return all;
}

size_t utf8_put(char *out, uint32_t c)
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	if (n == 1) {
		*out = (char)c;
		return 1;
	}
	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3F));
	*out = (char)((0xF00 >> n & 0xF0) | c);
	return n;
}
