/* SPDX-License-Identifier: MIT */
/*
 * Compressed bodies: however they are cut, and however many bytes are asked
 * for at once, they decode to the same, and no coding to more than the limit.
 * The first line is the Content-Encoding, the rest the body.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "http/encoding/content_encoding.h"

#define LIMIT 65536
#define LONGEST_HEADER 100

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct body {
	const char *p;
	size_t left, step;
	bool over;
};

struct decoded {
	struct buf bytes;
	bool ok;
	struct error e;
};

static bool read_body(void *ctx, void *p, size_t *n, struct error *e)
{
	struct body *b = ctx;

	(void)e;
	assert(!b->over && *n > 0);
	*n = *n < b->left ? *n : b->left;
	*n = *n < b->step ? *n : b->step;
	memcpy(p, b->p, *n);
	b->p += *n;
	b->left -= *n;
	b->over = *n == 0;
	return true;
}

static void run(struct decoded *d, const char *header, struct body b,
		size_t room)
{
	struct content_source source = { read_body, &b };
	struct content_encoding *c;
	struct arena arena;
	char *piece = malloc(room);
	size_t n;

	assert(piece != NULL);
	*d = (struct decoded){ .ok = false };
	buf_init(&d->bytes, SIZE_MAX / 2);
	arena_init(&arena);
	c = content_encoding_open(header, LIMIT, source, &arena, &d->e);
	do {
		n = room;
		d->ok = c != NULL && content_encoding_read(c, piece, &n, &d->e);
		if (d->ok)
			buf_append(&d->bytes, piece, n);
	} while (d->ok && n > 0);
	assert(!d->ok || b.over);
	arena_fini(&arena);
	free(piece);
}

static bool is_plain(const char *header)
{
	return strspn(header, "identyIDENTY, \t") == strlen(header);
}

static void compare(const struct decoded *one, const struct decoded *other)
{
	/* A small frame of zstd that comes at once needs no window. */
	if (one->ok != other->ok) {
		const struct error *e = one->ok ? &other->e : &one->e;

		assert(strstr(e->message, "window") != NULL);
		return;
	}
	if (one->ok) {
		assert(one->bytes.len == other->bytes.len);
		assert(one->bytes.len == 0 ||
		       memcmp(one->bytes.p, other->bytes.p, one->bytes.len) ==
			       0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t cuts[][2] = { { 1, 4096 },
					  { 7, 100 },
					  { 9999, 1 } };
	const uint8_t *end = size == 0 ? NULL : memchr(data, '\n', size);
	char header[LONGEST_HEADER + 1] = "";
	struct decoded whole, cut;
	struct body b;

	if (end == NULL || end - data > LONGEST_HEADER ||
	    memchr(data, '\0', (size_t)(end - data)) != NULL)
		return 0;
	memcpy(header, data, (size_t)(end - data));
	b = (struct body){ (const char *)end + 1,
			   size - (size_t)(end + 1 - data), SIZE_MAX, false };
	run(&whole, header, b, 8192);
	assert(whole.bytes.len <= LIMIT || is_plain(header));
	for (size_t i = 0; i < sizeof(cuts) / sizeof(*cuts); i++) {
		b.step = cuts[i][0];
		run(&cut, header, b, cuts[i][1]);
		compare(&whole, &cut);
		buf_fini(&cut.bytes);
	}
	buf_fini(&whole.bytes);
	return 0;
}
