/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_TOKENIZER_H
#define SUPPORT_TOKENIZER_H

#include "base/arena.h"
#include "tokens/usage.h"

/*
 * A vocabulary to count with: Kimi's own where the environment variable
 * TEST_VOCABULARY names it, else tests/small.tiktoken. The latter has the 256
 * bytes, and the words and runs that tests count, each as one token like
 * Kimi's: sums are the same by either.
 */
const char *tokenizer_source(void);

/* Kimi's own vocabulary (tiktoken.model); without it the test is skipped. */
const char *tokenizer_kimi_source(void);

/* The tokenizer made of tokenizer_source(); closed with the arena. */
struct tokenizer *tokenizer_new(struct arena *a);

/*
 * The text of a vocabulary file that has the 256 bytes, from rank 0 on, and
 * then the texts in `more`, a list ended by NULL.
 */
char *tokenizer_small(struct arena *a, const char *const *more);

#endif
