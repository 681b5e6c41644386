/* SPDX-License-Identifier: MIT */
#ifndef HTTP_ENCODING_CONTENT_ENCODING_H
#define HTTP_ENCODING_CONTENT_ENCODING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/*
 * The body of a message with a Content-Encoding (RFC 9110, 8.4), decoded as it
 * is read. The codings are gzip, x-gzip, deflate, br, zstd and identity, or a
 * list of them in the order in which they were applied.
 */
struct content_encoding;

/*
 * Where the encoded bytes come from: fills `p` with up to `*n` of them; `*n` is
 * 0 at the end. Not called again after that, nor after it returned false with
 * `e` filled.
 */
struct content_source {
	bool (*read)(void *ctx, void *p, size_t *n, struct error *e);
	void *ctx;
};

/*
 * `header` is the value of Content-Encoding; `limit` is how many bytes each
 * coding may decode to. Lives as long as the arena. NULL with ERROR_ENCODING,
 * which names the coding, if we do not know it or its library is missing.
 */
struct content_encoding *content_encoding_open(const char *header,
					       int64_t limit,
					       struct content_source source,
					       struct arena *a,
					       struct error *e);

/*
 * Fills `p` with up to `*n` decoded bytes; `*n` is 0 at the end, which is also
 * that of the source. ERROR_BAD_REQUEST when the data is malformed, incomplete,
 * followed by other bytes, or needs too large a window; ERROR_TOO_LARGE when it
 * decodes to more than the limit. Not to be called after an error.
 */
bool content_encoding_read(struct content_encoding *c, void *p, size_t *n,
			   struct error *e);

/* The coding that those bytes begin like, "gzip" or "zstd"; NULL: none. The
 * others cannot be told from text. */
const char *content_encoding_guess(const void *p, size_t n);

/* The codings whose libraries are there, as for Accept-Encoding. */
const char *content_encoding_accepted(struct arena *a);

#endif
