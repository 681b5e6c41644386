/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_OPENAI_ERROR_H
#define DIALECT_OPENAI_ERROR_H

#include "base/arena.h"
#include "base/error.h"
#include "http/response.h"

/* OpenAI's error object, the same in all of its APIs: with its status, or as
 * an event once the stream has begun. */
bool openai_error(struct arena *a, struct response *response,
		  const struct error *e);

/* OpenAI's names for a kind; the code may be NULL. */
const char *openai_error_type(enum error_kind kind);
const char *openai_error_code(enum error_kind kind);

/* The code of a response that failed: one of OpenAI's list for those. */
const char *openai_error_failed_code(enum error_kind kind);

#endif
