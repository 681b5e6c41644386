/* SPDX-License-Identifier: MIT */
#ifndef TOKENS_DECLARATION_H
#define TOKENS_DECLARATION_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "chat/chat.h"

/*
 * The text by which Kimi's chat templates declare a request's tools: a compact
 * JSON array for K2, types in the style of TypeScript for K2.5 and later.
 * Appends to `out`. False when the text does not fit, and from
 * declaration_types for a schema that has no such type; `out` then holds some
 * of the text.
 */
bool declaration_json(struct buf *out, const struct chat_request *request);
bool declaration_types(struct buf *out, const struct chat_request *request,
		       struct arena *a);

#endif
