/* SPDX-License-Identifier: MIT */
#ifndef APP_SERVE_ITEM_LIST_H
#define APP_SERVE_ITEM_LIST_H

#include "app/auth.h"
#include "dialect/field_table.h"
#include "store/conversations.h"

/* What conversations and answers consist of, as OpenAI's items. */

/*
 * Reads a body, which may be missing, by one of the tables of
 * openai_conversations.h. ERROR_VALUE when it has more items than one call may
 * bring (KIMI_ADD_ITEMS).
 */
bool items_decode(struct exchange *x, const struct caller *caller,
		  const struct field *fields, struct chat_request *body,
		  struct error *e);

/* Puts them at the end of a conversation; then they have uids. ERROR_VALUE
 * when it would hold more than KIMI_CONVERSATION_ITEMS. */
bool items_append(struct exchange *x, struct store *s,
		  const struct store_conversation *c, struct chat_request *body,
		  struct error *e);

/* The items of messages that are stored, oldest first. */
struct item {
	const struct chat_message *message;
	size_t place;
};

struct item_list {
	struct item *items;
	size_t n;
	const cJSON *tools; /* as in openai_items_put */
};

struct item_list items_of(const struct chat_message *messages, size_t n,
			  const cJSON *tools, struct arena *a);

/* NULL when none of them has that id. */
const struct item *items_find(const struct item_list *l, const char *id,
			      struct arena *a);

/* Answers with the page of them that the query asks for. ERROR_NOT_FOUND when
 * it names an item that is none of them. */
bool items_send_page(struct exchange *x, const struct item_list *l,
		     struct error *e);

/* Answers with all of them, as a list. */
void items_send(struct exchange *x, const struct item_list *l);

#endif
