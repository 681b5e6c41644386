/* SPDX-License-Identifier: MIT */
#ifndef APP_SERVE_ITEM_LIST_H
#define APP_SERVE_ITEM_LIST_H

#include "app/exchange.h"

/* Stored messages as OpenAI's items, oldest first. */
struct item {
	const struct chat_message *message;
	size_t place; /* as in openai_items_put */
};

struct item_list {
	struct item *items;
	size_t n;
	const cJSON *tools; /* as in openai_items_put */
};

/* How many items the messages have; deleted ones still count. */
size_t item_list_count(const struct chat_message *messages, size_t n);

/* Borrows the messages and tools; everything else is in the arena. */
struct item_list item_list_of(const struct chat_message *messages, size_t n,
			      const cJSON *tools, struct arena *a);

/* The item with that id, or NULL. */
const struct item *item_list_find(const struct item_list *l, const char *id,
				  struct arena *a);

/* Answers with the page that the query asks for. ERROR_NOT_FOUND if it names
 * an item that is not in the list. */
bool item_list_send_page(const struct item_list *l, struct exchange *x,
			 struct error *e);

/* Answers with all items, as one page. */
void item_list_send(const struct item_list *l, struct exchange *x);

#endif
