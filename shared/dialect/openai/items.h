/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_OPENAI_ITEMS_H
#define DIALECT_OPENAI_ITEMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/json.h"
#include "chat/chat.h"

/*
 * Items are what OpenAI's Responses and Conversations make of messages: a
 * message of ours is one or more of them, at places from 0. A reply's are
 * its blocks, in the order of its spans. The id of an item is its kind
 * ("msg_", "rs_", "fc_", "fco_", "ctc_", "ctco_", "tsc_", "tso_", "cmp_"), the
 * uid of its message and its place in decimal digits.
 */
#define OPENAI_UID_LENGTH 24

/*
 * How many places a message has up to its last item; 0: nothing is in it.
 * Ids are permanent: where an item was deleted, its place stays empty.
 */
size_t openai_items_count(const struct chat_message *m);

/* Whether an item is at the place. */
bool openai_items_has(const struct chat_message *m, size_t place);

/* Writes the item at `place` as an array element; nothing if it is empty.
 * `tools` is the array of the request it came from, for names that were
 * mapped; or NULL. */
void openai_items_put(struct json_writer *w, const struct chat_message *m,
		      size_t place, const cJSON *tools);

/* The id of that item, in the arena; NULL: the place is empty. */
const char *openai_items_id(const struct chat_message *m, size_t place,
			    const cJSON *tools, struct arena *a);

/* Reads an id of ours: the uid, in the arena, and the place. */
bool openai_items_parse_id(const char *id, const char **uid, size_t *place,
			   struct arena *a);

/* The message without that item, in the arena. With none left it counts 0. */
struct chat_message openai_items_without(const struct chat_message *m,
					 size_t place, struct arena *a);

#endif
