/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_OVERFLOW_H
#define UPSTREAM_OVERFLOW_H

#include <stdbool.h>
#include <stdint.h>

/*
 * How services say that the input is longer than the model accepts: Kimi's own
 * words, and those of the gateways and inference servers that Kimi's models
 * are served by (OpenAI, Anthropic, vLLM, SGLang and others).
 */

/* What they named; 0: nothing. */
struct overflow {
	int64_t max_tokens;    /* of the model */
	int64_t prompt_tokens; /* of the request */
	bool bytes;	       /* they named bytes, of which 4 make a token */
};

/* Whether a type, a code or a message says so; NULL does not. */
bool overflow_says(const char *text);

/* The numbers in the message. */
struct overflow overflow_read(const char *message);

#endif
