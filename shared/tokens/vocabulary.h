/* SPDX-License-Identifier: MIT */
#ifndef TOKENS_VOCABULARY_H
#define TOKENS_VOCABULARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* A token's rank is also its id. This is not one. */
#define VOCABULARY_NONE UINT32_MAX

/* The tokens of a model, in a memory map that all processes share. */
struct vocabulary;

/*
 * Maps the file at `compiled`. If that is missing, damaged, in another format
 * or made from another `source` (by its size and time), it is built again;
 * several processes may do so at once. `source` is in tiktoken's format: lines
 * "base64(token) rank". ERROR_SETUP with KIMI_VOCABULARY as its `param` when a
 * file cannot be read or written, or a line is wrong. The caller closes it.
 */
bool vocabulary_open(struct vocabulary **v, const char *source,
		     const char *compiled, struct error *e);

/* NULL is fine. */
void vocabulary_close(struct vocabulary *v);

/*
 * The rank of the token made of those bytes; VOCABULARY_NONE if there is none.
 */
uint32_t vocabulary_find(const struct vocabulary *v, const char *p, size_t n);

/* The bytes of the token of that rank, valid until close; NULL if none. */
const char *vocabulary_token(const struct vocabulary *v, uint32_t rank,
			     size_t *n);

#endif
