/* SPDX-License-Identifier: MIT */
#ifndef TOKENS_DECLARATION_H
#define TOKENS_DECLARATION_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "chat/chat.h"

/*
 * The text by which Kimi's chat templates declare a request's tools: K2 has a
 * compact JSON array of them, K2.5 and later types in the manner of
 * TypeScript. Appends to `out`.
 *
 * declaration_types is false for a schema that it does not know how to write
 * or that passes the limit; then `out` holds some part of the text.
 */
bool declaration_json(struct buf *out, const struct chat_request *request);
bool declaration_types(struct buf *out, const struct chat_request *request,
		       struct arena *a);

#endif
