/* SPDX-License-Identifier: MIT */
#ifndef STORE_ABANDONED_CHATS_INTERNAL_H
#define STORE_ABANDONED_CHATS_INTERNAL_H

#include "store/abandoned_chats.h"
#include "store/db_internal.h"

/* Private to the store: the notes of a turn's chats. Both are NULL-ended lists,
 * newest first. */

/* While it runs. */
bool abandoned_chats_hold(struct db *db, const struct abandoned_chat *chats,
			  struct error *e);
void abandoned_chats_held(struct abandoned_chat *chats); /* it is committed */

/* When it ends. */
bool abandoned_chats_release(struct db *db, const struct abandoned_chat *chats,
			     struct error *e);
void abandoned_chats_released(struct abandoned_chat *chats);

#endif
