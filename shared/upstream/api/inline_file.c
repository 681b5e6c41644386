/* SPDX-License-Identifier: MIT */
/* A file's bytes, in base64, inside a JSON body. */
#include "upstream/api/inline_file.h"

#include <string.h>

#include "base/base64.h"

#define PIECE 3072 /* bytes read at once; a multiple of three */

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

bool inline_file_put(struct json_writer *w, const char *key, const char *prefix,
		     const struct chat_file *file, struct error *e)
{
	struct buf *out = w->out;

	json_put_raw(w, key, "\"");
	buf_puts(out, prefix);
	if (!put_bytes(out, file, e))
		return false;
	buf_puts(out, "\"");
	return true;
}
