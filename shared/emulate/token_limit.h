/* SPDX-License-Identifier: MIT */
#ifndef EMULATE_TOKEN_LIMIT_H
#define EMULATE_TOKEN_LIMIT_H

#include <stdint.h>

#include "base/buf.h"

/*
 * A limit on the tokens of texts that come in pieces, reasoning and answer.
 * As a token has one byte at least, most pieces pass without being counted.
 */
struct token_limit {
	int64_t (*count)(const void *ctx, const char *p, size_t n);
	const void *ctx;
	int64_t left;	 /* before `open` */
	int64_t text;	 /* of them taken by answer text */
	struct buf open; /* of the text that goes on */
	int64_t margin;	 /* bytes that surely fit behind `open` */
	bool reasoning;	 /* what the text that goes on is */
};

/* `count` tells the tokens of a text. */
void token_limit_init(struct token_limit *l, int64_t max,
		      int64_t (*count)(const void *ctx, const char *p,
				       size_t n),
		      const void *ctx);
void token_limit_fini(struct token_limit *l);

/*
 * How many of the bytes (whole characters) are within the limit: fewer than
 * `n` when they pass it, then up to the end of a character.
 */
size_t token_limit_take(struct token_limit *l, bool reasoning, const char *p,
			size_t n);

/* The answer text so far does not count: another takes its place. */
void token_limit_forget_text(struct token_limit *l);

#endif
