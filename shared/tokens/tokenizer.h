/* SPDX-License-Identifier: MIT */
#ifndef TOKENS_TOKENIZER_H
#define TOKENS_TOKENIZER_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "tokens/merge.h"

/* Kimi's tokenizer: how it splits a text, and its vocabulary. One serves any
 * number of threads at once. */
struct tokenizer;

/*
 * `source` and `compiled` as for vocabulary_open. ERROR_SETUP when a file or
 * PCRE2 is missing or unusable. The caller closes it.
 */
bool tokenizer_open(struct tokenizer **t, const char *source,
		    const char *compiled, struct error *e);

/* NULL is fine. */
void tokenizer_close(struct tokenizer *t);

/*
 * The number of tokens in `n` bytes of text. The names of special tokens count
 * as plain text. `m` is working memory, for one thread at a time.
 */
int64_t tokenizer_count(const struct tokenizer *t, struct merge *m,
			const char *p, size_t n);

#endif
