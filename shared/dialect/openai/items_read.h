/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_OPENAI_ITEMS_READ_H
#define DIALECT_OPENAI_ITEMS_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "dialect/field_table.h"

/* The type of the item that asks for a summary of those before it. */
#define OPENAI_ITEMS_TRIGGER "compaction_trigger"

/*
 * Reads an array of input items into messages; `param` is what errors call it
 * ("input", "items"). Consecutive calls become one message. References must
 * already be replaced by the items they refer to.
 */
bool openai_items_read(struct decoder *d, const cJSON *items, const char *param,
		       struct chat_message **messages, size_t *n);

#endif
