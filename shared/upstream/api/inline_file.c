/* SPDX-License-Identifier: MIT */
/* A file's bytes, in base64, inside a JSON body. */
#include "upstream/api/inline_file.h"

#include <string.h>

#include "base/base64.h"

#define PIECE 3072	      /* bytes read at once; a multiple of three */
#define LENT_SIZE (64 * 1024) /* smaller files are copied */

/* What reads a file as base64. */
struct inline_file {
	const struct chat_file *file;
};

const char *inline_file_type(const struct chat_file *file, struct arena *a)
{
	return arena_copy_n(a, file->type, strcspn(file->type, "; \t\"\\"));
}

/* Base64 needs no escaping, so it goes into the buffer as it is. */
static bool put_bytes(struct buf *out, const struct chat_file *file,
		      struct error *e)
{
	char bytes[PIECE], text[BASE64_LENGTH(PIECE)];

	for (int64_t at = 0; at < file->size && !out->full; at += PIECE) {
		int64_t left = file->size - at;
		size_t n = left < PIECE ? (size_t)left : PIECE;

		if (!file->read(file, at, bytes, n, e))
			return false;
		base64_write(bytes, n, text);
		buf_append(out, text, BASE64_LENGTH(n));
	}
	return true;
}

static size_t smaller(size_t n, int64_t left)
{
	return (int64_t)n < left ? n : (size_t)left;
}

/* The text that begins at the piece's number; `*n` is its length. */
static bool read_piece(const struct chat_file *file, int64_t number, char *text,
		       size_t *n, struct error *e)
{
	char bytes[PIECE];
	int64_t at = number * PIECE;

	*n = smaller(PIECE, file->size - at);
	if (!file->read(file, at, bytes, *n, e))
		return false;
	base64_write(bytes, *n, text);
	*n = BASE64_LENGTH(*n);
	return true;
}

static bool read_base64(void *ctx, int64_t offset, void *p, size_t n,
			struct error *e)
{
	const struct inline_file *f = ctx;
	const int64_t length = BASE64_LENGTH(PIECE);
	char *to = p, text[BASE64_LENGTH(PIECE)];

	while (n > 0) {
		size_t skip = (size_t)(offset % length), got;

		if (!read_piece(f->file, offset / length, text, &got, e))
			return false;
		got = smaller(got - skip, (int64_t)n);
		memcpy(to, text + skip, got);
		to += got;
		offset += (int64_t)got;
		n -= got;
	}
	return true;
}

static void lend_bytes(struct rope *out, const struct chat_file *file)
{
	struct inline_file *f = arena_alloc(out->arena, sizeof(*f));
	struct rope_source lent = {
		.size = (int64_t)BASE64_LENGTH((size_t)file->size),
		.read = read_base64,
		.ctx = f,
	};

	f->file = file;
	rope_lend(out, &lent);
}

bool inline_file_put(struct json_writer *w, const char *key, const char *prefix,
		     const struct chat_file *file, struct error *e)
{
	struct buf *out = w->out;

	json_put_raw(w, key, "\"");
	buf_puts(out, prefix);
	if (file->size >= LENT_SIZE)
		lend_bytes(w->rope, file);
	else if (!put_bytes(out, file, e))
		return false;
	buf_puts(out, "\"");
	return true;
}
