/* SPDX-License-Identifier: MIT */
#ifndef BENCH_REPLY_H
#define BENCH_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPLY_LINE 4096

enum reply_state {
	REPLY_STATUS,
	REPLY_HEADER,
	REPLY_SIZE,    /* the line before a chunk */
	REPLY_CHUNK,   /* inside a chunk */
	REPLY_BREAK,   /* the line end after a chunk */
	REPLY_TRAILER, /* after the last chunk */
	REPLY_LENGTH,  /* a body of known length */
	REPLY_CLOSE,   /* a body up to the end of the connection */
	REPLY_WHOLE,
	REPLY_BROKEN,
};

/* Reads one HTTP/1.1 reply as it arrives. */
struct reply {
	enum reply_state state;
	int status;
	bool chunked, has_length, close;
	uint64_t left; /* of the body or the chunk */
	size_t n;
	char line[REPLY_LINE];

	/* Takes the bytes of the body. */
	void (*on_body)(void *ctx, const char *p, size_t n);
	void *ctx;
};

void reply_init(struct reply *r,
		void (*on_body)(void *ctx, const char *p, size_t n), void *ctx);
void reply_feed(struct reply *r, const char *p, size_t n);

/* The connection has ended. */
void reply_end(struct reply *r);

#endif
