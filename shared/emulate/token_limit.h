/* SPDX-License-Identifier: MIT */
#ifndef EMULATE_TOKEN_LIMIT_H
#define EMULATE_TOKEN_LIMIT_H

#include <stdint.h>

#include "base/buf.h"

/*
 * A limit on the tokens of texts that come in pieces, of reasoning and of the
 * reply. A token has at least one byte, so most pieces need not be counted.
 */
struct token_limit {
	int64_t (*count)(const void *ctx, const char *p, size_t n);
	const void *ctx;
	int64_t left;	 /* tokens, without `open` */
	int64_t text;	 /* used by the text of the reply */
	struct buf open; /* the latest text, not counted for good yet */
	int64_t margin;	 /* bytes that certainly still fit after `open` */
	bool reasoning;	 /* `open` is reasoning */
};

/* `count` returns the tokens of a text. */
void token_limit_init(struct token_limit *l, int64_t max,
		      int64_t (*count)(const void *ctx, const char *p,
				       size_t n),
		      const void *ctx);
void token_limit_fini(struct token_limit *l);

/*
 * How many of these bytes (whole characters) are within the limit: fewer than
 * `n` if they exceed it, then up to the end of a character.
 */
size_t token_limit_take(struct token_limit *l, bool reasoning, const char *p,
			size_t n);

/* The reply's text so far does not count: another one replaces it. */
void token_limit_uncount_text(struct token_limit *l);

#endif
