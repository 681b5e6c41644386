/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_OPENAI_CONVERSATION_H
#define DIALECT_OPENAI_CONVERSATION_H

#include <stdint.h>

#include "dialect/field_table.h"

/*
 * OpenAI's Conversations: its API description of August 2026
 * (/v1/conversations). Bodies are decoded as a request that has only
 * `metadata` and `messages`, which are its items.
 */
extern const struct field openai_conversation_fields[]; /* to create one */
extern const struct field openai_conversation_items_fields[]; /* to add them */
extern const struct field openai_metadata_fields[]; /* to update metadata */

bool openai_conversation_decode(struct arena *a, const struct field *fields,
				const cJSON *body, struct chat_request *request,
				struct error *e);

/* The object; `metadata` is JSON. */
void openai_conversation_put(struct json_writer *w, const char *id,
			     int64_t created, const char *metadata);

#endif
