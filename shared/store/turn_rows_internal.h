/* SPDX-License-Identifier: MIT */
#ifndef STORE_TURN_ROWS_INTERNAL_H
#define STORE_TURN_ROWS_INTERNAL_H

#include "store/db.h"
#include "store/turns.h"

/* Inside of the store: what turns and those who wait for them share. */

/*
 * Ends turns whose process was killed. What their chats at Kimi hold is not
 * known any more, so their conversations go on in new ones.
 */
bool turn_note_interrupted(struct db *db, struct error *e);

/* ERROR_BUSY while a turn runs on the conversation. */
bool turn_check_free(struct db *db, int64_t conversation, struct error *e);

/* Always false: why a turn is not gone on with. */
bool turn_lost(struct error *e);
bool turn_cancelled(struct error *e);

/* The rows of the request and, if it is kept, of its answer. */
bool turn_add_rows(struct db *db, struct store_turn *t, const char *status,
		   struct error *e);

/* What clients did with a kept answer while it ran. */
struct turn_mark {
	bool cancelled, deleted;
};

bool turn_read_mark(struct db *db, const struct store_turn *t,
		    struct turn_mark *mark, struct error *e);

/* The messages of `request` from `first` on; `conversation` 0: in none. */
bool turn_add_input(struct db *db, const struct store_turn *t,
		    int64_t conversation, const struct chat_request *request,
		    size_t first, struct arena *a, struct error *e);

#endif
