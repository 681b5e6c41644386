/* SPDX-License-Identifier: MIT */
#ifndef TOKENS_VOCABULARY_H
#define TOKENS_VOCABULARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* A token's rank is its id, too; this is none. */
#define VOCABULARY_NONE UINT32_MAX

/* The tokens of a model, mapped from a file that all processes share. */
struct vocabulary;

/*
 * Maps the file at `compiled`. If that is missing, damaged, of another format
 * or was not made from `source` (of its size and time), it is made anew: by
 * rename, so that processes may do it at once. `source` has lines
 * "base64(token) rank", tiktoken's format. ERROR_SETUP that names
 * KIMI_VOCABULARY when a file cannot be read or written, or a line is wrong.
 */
bool vocabulary_open(struct vocabulary **v, const char *source,
		     const char *compiled, struct error *e);

/* NULL is fine. */
void vocabulary_close(struct vocabulary *v);

/* The rank of those bytes; VOCABULARY_NONE if they are no token. */
uint32_t vocabulary_find(const struct vocabulary *v, const char *p, size_t n);

/* The bytes of a token; NULL if there is none of that rank. */
const char *vocabulary_token(const struct vocabulary *v, uint32_t rank,
			     size_t *n);

#endif
