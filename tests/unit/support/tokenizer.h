/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_TOKENIZER_H
#define SUPPORT_TOKENIZER_H

#include "base/arena.h"
#include "tokens/usage.h"

/* Kimi's own vocabulary, relative to the project's root and not part of it. */
#define TOKENIZER_SOURCE "../shared/data/kimi-k2-tokenizer/tiktoken.model"

/* Fails the test, saying what is missing, unless that file exists. */
void tokenizer_need_source(void);

/* The tokenizer of that vocabulary; closed with the arena. */
struct tokenizer *tokenizer_kimi(struct arena *a);

/*
 * The text of a vocabulary file that has the 256 bytes, from rank 0 on, and
 * then the texts in `more`, a list ended by NULL.
 */
char *tokenizer_small(struct arena *a, const char *const *more);

#endif
