/* SPDX-License-Identifier: MIT */
/* A text whose long pieces stay where they are. */
#include "base/rope.h"

#include <string.h>

void rope_init(struct rope *r, struct arena *a, size_t limit)
{
	*r = (struct rope){ .arena = a, .limit = (int64_t)limit };
	buf_init(&r->text, limit);
}

void rope_fini(struct rope *r)
{
	buf_fini(&r->text);
}

int64_t rope_size(const struct rope *r)
{
	return (int64_t)r->text.len + r->lent;
}

bool rope_full(const struct rope *r)
{
	return r->text.full || rope_size(r) > r->limit;
}

void rope_lend(struct rope *r, const struct rope_source *source)
{
	if (source->size == 0)
		return;
	r->pieces = arena_grow(r->arena, r->pieces, &r->room, r->n + 1,
			       sizeof(*r->pieces));
	r->pieces[r->n++] = (struct rope_piece){
		.at = r->text.len,
		.begin = rope_size(r),
		.source = *source,
	};
	r->lent += source->size;
}

static int64_t end_of(const struct rope_piece *piece)
{
	return piece->begin + piece->source.size;
}

static size_t smaller(size_t n, int64_t left)
{
	return (int64_t)n < left ? n : (size_t)left;
}

/* Reads from the piece, or from the text before it; NULL: there is only text.
 * Returns how many bytes it were; 0: the source failed. */
static size_t read_some(const struct rope *r, const struct rope_piece *piece,
			int64_t offset, void *p, size_t n, struct error *e)
{
	int64_t lent = piece == NULL ? r->lent :
				       piece->begin - (int64_t)piece->at;
	int64_t end = piece == NULL ? rope_size(r) : piece->begin;

	if (piece != NULL && offset >= end) {
		n = smaller(n, end_of(piece) - offset);
		return piece->source.read(piece->source.ctx,
					  offset - piece->begin, p, n, e) ?
			       n :
			       0;
	}
	n = smaller(n, end - offset);
	memcpy(p, r->text.p + (offset - lent), n);
	return n;
}

bool rope_read(const struct rope *r, int64_t offset, void *p, size_t n,
	       struct error *e)
{
	char *to = p;
	size_t i = 0;

	while (n > 0) {
		size_t got;

		while (i < r->n && end_of(&r->pieces[i]) <= offset)
			i++;
		got = read_some(r, i < r->n ? &r->pieces[i] : NULL, offset, to,
				n, e);
		if (got == 0)
			return false;
		to += got;
		offset += (int64_t)got;
		n -= got;
	}
	return true;
}
