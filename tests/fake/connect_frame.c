/* SPDX-License-Identifier: MIT */
/* Connect envelopes, written and read. */
#include <stdint.h>
#include <string.h>

#include "connect_frame.h"

#define GZIP_PART 65535u /* maximum of a stored block */

size_t frame_begin(struct text *t, enum frame_flag flag)
{
	size_t begin = t->length;
	char head[FRAME_HEAD] = { (char)flag };

	text_add(t, head, sizeof(head));
	return begin;
}

void frame_end(struct text *t, size_t begin)
{
	size_t n = t->length - begin - FRAME_HEAD;

	for (size_t i = FRAME_HEAD - 1; i > 0; i--, n >>= 8)
		t->at[begin + i] = (char)(n & 0xff);
}

/* The offset after the string that starts at `at`. */
static size_t string_end(const char *json, size_t n, size_t at)
{
	for (at++; at < n && json[at] != '"'; at++)
		at += json[at] == '\\';
	return at + 1;
}

static void snake_add(struct text *t, const char *name, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char c[2] = { '_', name[i] };
		bool capital = c[1] >= 'A' && c[1] <= 'Z';

		if (capital)
			c[1] = (char)(c[1] - 'A' + 'a');
		text_add(t, c + !capital, 1u + capital);
	}
}

void frame_snake(struct text *t, size_t begin)
{
	static const char mask[] = "\"mask\":";
	const size_t before = sizeof(mask) - 1;
	struct text json = { 0 };
	size_t n, i = 0;

	begin += FRAME_HEAD;
	n = t->length - begin;
	text_add(&json, t->at + begin, n);
	t->length = begin;
	while (i < n) {
		size_t end = i + 1;
		bool named = false;

		if (json.at[i] == '"') {
			end = string_end(json.at, n, i);
			named = json.at[end] == ':' ||
				(i >= before &&
				 !memcmp(json.at + i - before, mask, before));
		}
		if (named)
			snake_add(t, json.at + i, end - i);
		else
			text_add(t, json.at + i, end - i);
		i = end;
	}
	text_fini(&json);
}

static uint32_t crc_of(const char *bytes, size_t n)
{
	uint32_t crc = 0xffffffffu;

	for (size_t i = 0; i < n; i++) {
		crc ^= (unsigned char)bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

static void little_endian(struct text *t, uint32_t value, int bytes)
{
	for (; bytes > 0; bytes--, value >>= 8) {
		char byte = (char)(value & 0xff);

		text_add(t, &byte, 1);
	}
}

void frame_compress(struct text *t, size_t begin)
{
	static const char head[10] = "\x1f\x8b\x08\0\0\0\0\0\0\xff";
	struct text plain = { 0 };
	size_t from = 0;

	begin += FRAME_HEAD;
	text_add(&plain, t->at + begin, t->length - begin);
	t->length = begin;
	text_add(t, head, sizeof(head));
	do {
		uint32_t part = plain.length - from > GZIP_PART ?
					GZIP_PART :
					(uint32_t)(plain.length - from);

		little_endian(t, from + part == plain.length, 1);
		little_endian(t, part, 2);
		little_endian(t, ~part, 2);
		text_add(t, plain.at + from, part);
		from += part;
	} while (from < plain.length);
	little_endian(t, crc_of(plain.at, plain.length), 4);
	little_endian(t, (uint32_t)plain.length, 4);
	text_fini(&plain);
}

const char *frame_only(const struct text *bytes, size_t *length,
		       struct text *why)
{
	const unsigned char *head = (const unsigned char *)bytes->at;
	size_t promised = 0;

	if (bytes->length < FRAME_HEAD) {
		text_put(why, "protocol error: incomplete envelope");
		return NULL;
	}
	for (size_t i = 1; i < FRAME_HEAD; i++)
		promised = promised << 8 | head[i];
	*length = bytes->length - FRAME_HEAD;
	if (promised != *length)
		text_printf(why,
			    "protocol error: promised %zu bytes in enveloped "
			    "message, got %zu bytes",
			    promised, *length);
	else if (head[0] != FRAME_MESSAGE)
		text_printf(why, "protocol error: envelope with flag 0x%02x",
			    head[0]);
	else
		return bytes->at + FRAME_HEAD;
	return NULL;
}
