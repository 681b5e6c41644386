/* SPDX-License-Identifier: MIT */
/*
 * Form data with the boundary "b": however it is cut, it gives the same parts
 * and bytes, and only names that a file may have.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "http/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct parse {
	struct buf seen; /* parts and bytes as one text */
	bool in_part, ok;
};

static bool on_part(void *ctx, const struct multipart_part *part,
		    struct error *e)
{
	struct parse *p = ctx;

	(void)e;
	assert(!p->in_part);
	assert(part->name[0] != '\0');
	assert(strpbrk(part->file, "/\\\r\n") == NULL);
	assert(utf8_valid(part->file, strlen(part->file)));
	assert(strpbrk(part->type, "\r\n") == NULL);
	p->in_part = true;
	buf_printf(&p->seen, "{%s,%s,%s:", part->name, part->file, part->type);
	return true;
}

static bool on_bytes(void *ctx, const char *bytes, size_t n, struct error *e)
{
	struct parse *p = ctx;

	(void)e;
	assert(p->in_part && n > 0);
	buf_append(&p->seen, bytes, n);
	return true;
}

static bool on_end(void *ctx, struct error *e)
{
	struct parse *p = ctx;

	(void)e;
	assert(p->in_part);
	p->in_part = false;
	buf_puts(&p->seen, "}");
	return true;
}

/* In pieces of `step` bytes, each a copy: no pointer may be kept. */
static void run(struct parse *p, const char *data, size_t size, size_t step)
{
	struct multipart_events events = { on_part, on_bytes, on_end, p };
	struct multipart m;
	struct error e;

	*p = (struct parse){ .ok = true };
	buf_init(&p->seen, SIZE_MAX / 2);
	assert(multipart_init(&m, "multipart/form-data; boundary=b", &e));
	for (size_t at = 0; at < size && p->ok; at += step) {
		size_t n = size - at < step ? size - at : step;
		char *piece = malloc(n);

		assert(piece != NULL);
		memcpy(piece, data + at, n);
		p->ok = multipart_feed(&m, piece, n, &events, &e);
		free(piece);
	}
	assert(!p->ok || !multipart_is_whole(&m) || !p->in_part);
	if (p->ok && multipart_is_whole(&m))
		buf_puts(&p->seen, "whole");
	multipart_fini(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct parse whole, other;

	run(&whole, text, size, size + 1);
	for (size_t step = 1; step < 8; step += 2) {
		run(&other, text, size, step);
		assert(other.ok == whole.ok);
		assert(!whole.ok || (other.seen.len == whole.seen.len &&
				     (whole.seen.len == 0 ||
				      memcmp(other.seen.p, whole.seen.p,
					     whole.seen.len) == 0)));
		buf_fini(&other.seen);
	}
	buf_fini(&whole.seen);
	return 0;
}
