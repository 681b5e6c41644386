/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_OPENAI_ITEMS_READ_H
#define DIALECT_OPENAI_ITEMS_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "chat/chat.h"

/*
 * Reads an array of input items into messages; `param` is what errors call it
 * ("input", "items"). Calls that follow each other are one message. References
 * must have been replaced by what they stand for.
 */
bool openai_items_read(struct arena *a, const cJSON *items, const char *param,
		       struct chat_message **messages, size_t *n,
		       struct error *e);

#endif
