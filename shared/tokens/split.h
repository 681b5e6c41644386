/* SPDX-License-Identifier: MIT */
#ifndef TOKENS_SPLIT_H
#define TOKENS_SPLIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/*
 * Kimi's way to cut a text into pieces, none of which a token crosses. One
 * splitter serves any number of threads at once.
 */
struct splitter;

/* ERROR_SETUP when PCRE2 is not there or too old. */
bool splitter_open(struct splitter **s, struct error *e);
void splitter_close(struct splitter *s);

/*
 * Calls `each` for the pieces in order; joined they are the text. As in the
 * reference encoder, pieces also end after 400,000 characters and after each
 * 25,000 of a run of (non-)space. A byte that is not UTF-8 is its own piece.
 */
void splitter_run(const struct splitter *s, const char *p, size_t n,
		  void (*each)(void *ctx, const char *p, size_t n), void *ctx);

#endif
