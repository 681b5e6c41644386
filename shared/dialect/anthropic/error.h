/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_ANTHROPIC_ERROR_H
#define DIALECT_ANTHROPIC_ERROR_H

#include "base/arena.h"
#include "base/error.h"
#include "http/response.h"

/* The status that clients get: some kinds have one of their own here. */
int anthropic_error_status(enum error_kind kind, bool stream);

/* {"type":"error",…}, with its status or as an event. */
bool anthropic_error(struct arena *a, struct response *response,
		     const struct error *e);

/* The same where the size of the prompt is known: clients shorten theirs by
 * the numbers in the message. 0: it is not known. */
bool anthropic_error_sized(struct arena *a, struct response *response,
			   const struct error *e, int64_t prompt_tokens);

#endif
