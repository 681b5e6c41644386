/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_OPENAI_REASONING_DETAILS_H
#define DIALECT_OPENAI_REASONING_DETAILS_H

#include "base/arena.h"
#include "base/json.h"

/*
 * The member `reasoning_details` of messages of chat completions, which is
 * Kimi's: what only Kimi can read of its reasoning. Clients that know it send
 * it back with the message. Ours has one entry, of the type "encrypted", with
 * all that came from Kimi, sealed (sealed.h); in a stream it has an index.
 */

/* Writes it, unless `details` (chat_message.details) is NULL. */
void openai_reasoning_details_put(struct json_writer *w, const char *details,
				  bool streamed);

/* The details in a list that a client sent, in the arena; NULL if it is none of
 * ours. */
const char *openai_reasoning_details_read(struct arena *a, const cJSON *list);

#endif
