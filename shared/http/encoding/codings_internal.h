/* SPDX-License-Identifier: MIT */
#ifndef HTTP_ENCODING_CODINGS_INTERNAL_H
#define HTTP_ENCODING_CODINGS_INTERNAL_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

/* Where a coding reads and writes; it moves the pointers. */
struct coding_span {
	const char *in;
	size_t in_left;
	char *out;
	size_t out_left;
};

enum coding_result {
	CODING_UNFINISHED, /* more has to come */
	CODING_WHOLE,	   /* the data may end here */
	CODING_MALFORMED,
	CODING_WINDOW, /* it refers back further than we remember */
};

/* A content coding: a decoder of RFC 9110, 8.4.1. */
struct coding {
	const char *name;  /* as in Content-Encoding, lower case */
	const char *alias; /* or NULL */

	/* A new decoder, owned by the arena. NULL with ERROR_SETUP if its
	 * library is missing. */
	void *(*open)(struct arena *a, struct error *e);

	/*
	 * Decodes until the input is used up or the output is full, whichever
	 * is first. Without input it may still have output to give.
	 */
	enum coding_result (*decode)(void *decoder, struct coding_span *span);
};

extern const struct coding coding_gzip;	   /* RFC 1952, any number of members */
extern const struct coding coding_deflate; /* RFC 1950, or bare RFC 1951 */
extern const struct coding coding_brotli;  /* RFC 7932 */
extern const struct coding coding_zstd;	   /* RFC 8878, any number of frames */

#endif
