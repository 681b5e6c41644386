/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_TOKENIZER_H
#define SUPPORT_TOKENIZER_H

#include "base/arena.h"
#include "tokens/count.h"

/* Kimi's own vocabulary, seen from the project's root; no part of it. */
#define TOKENIZER_SOURCE "../shared/data/kimi-k2-tokenizer/tiktoken.model"

/* The test fails, saying what is missing, unless that file is there. */
void tokenizer_need_source(void);

/* The tokenizer made of it; closed with the arena. */
struct tokens *tokenizer_open(struct arena *a);

/*
 * A vocabulary of the 256 bytes and of `more`, a list of texts ended by NULL,
 * as the text of a file: the bytes have the ranks from 0, those the next.
 */
char *tokenizer_small(struct arena *a, const char *const *more);

#endif
