/* SPDX-License-Identifier: MIT */
#ifndef TOKENS_SPLIT_H
#define TOKENS_SPLIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/*
 * Splits a text into pieces as Kimi does; no token spans two pieces. One
 * splitter serves any number of threads at once.
 */
struct splitter;

/* ERROR_SETUP when PCRE2 is missing or too old. The caller closes it. */
bool splitter_open(struct splitter **s, struct error *e);
void splitter_close(struct splitter *s);

/*
 * Calls `each` for the pieces in order; concatenated they are the text. As in
 * the reference encoder, a piece also ends after 400,000 characters of text and
 * after 25,000 characters of a run of white space or of anything else. A byte
 * that is not UTF-8 is a piece of its own.
 */
void splitter_run(const struct splitter *s, const char *p, size_t n,
		  void (*each)(void *ctx, const char *p, size_t n), void *ctx);

#endif
