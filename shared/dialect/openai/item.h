/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_OPENAI_ITEM_H
#define DIALECT_OPENAI_ITEM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/json.h"
#include "chat/chat.h"
#include "dialect/openai/tool_name.h"

/*
 * One item of a message. Stored messages, whole replies and streams all write
 * theirs through this, so that they are the same to the byte.
 */
enum openai_item_kind {
	OPENAI_ITEM_MESSAGE,
	OPENAI_ITEM_REASONING,
	OPENAI_ITEM_CALL,
	OPENAI_ITEM_OUTPUT, /* of a tool */
	OPENAI_ITEM_COMPACTION,
};

#define OPENAI_ITEM_ID_SIZE 64

struct openai_item {
	enum openai_item_kind kind;
	const struct chat_message *message;
	size_t place;
	size_t from, n; /* bytes of the message's text or reasoning */
	const struct chat_call *call;
	struct openai_tool_name origin;
	const char *status;
	bool opening; /* nothing of its content is there yet */
	bool sealed;  /* reasoning has its encrypted_content */
};

/* The item at a place, "completed"; false if there is none or it is deleted. */
bool openai_item_find(struct openai_item *item, const struct chat_message *m,
		      size_t place, const cJSON *tools);

/* How many places a message has, empty ones among them. */
size_t openai_item_places(const struct chat_message *m);

/* The span at a place of a reply; of an empty one its length is 0. */
struct chat_span openai_item_span(const struct chat_message *m, size_t place);

void openai_item_id(const struct openai_item *item,
		    char id[OPENAI_ITEM_ID_SIZE]);
void openai_item_put(struct json_writer *w, const char *key,
		     const struct openai_item *item);

/* The only part of a reply's text or reasoning, and the text of that part. */
void openai_item_put_part(struct json_writer *w, const char *key,
			  const struct openai_item *item);
void openai_item_put_text(struct json_writer *w, const char *key,
			  const struct openai_item *item);

/* The free text of a call of a custom tool. */
void openai_item_put_input(struct json_writer *w, const char *key,
			   const struct openai_item *item);
void openai_item_put_annotation(struct json_writer *w, const char *key,
				const struct chat_citation *citation,
				size_t offset);

#endif
