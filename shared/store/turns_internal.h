/* SPDX-License-Identifier: MIT */
#ifndef STORE_TURNS_INTERNAL_H
#define STORE_TURNS_INTERNAL_H

#include "store/db_internal.h"
#include "store/outcome.h"
#include "store/turns.h"

/* Private to the store: the rows of a turn, written when it is opened or at
 * the latest when it is closed. */

/* Finds the API key's row, or adds it. */
bool turns_find_key(struct db *db, struct store_turn *t, struct error *e);

/* Adds the rows of the request and, if it is stored, of its response, with the
 * outcome. NULL: it is running. */
bool turns_add_rows(struct db *db, struct store_turn *t,
		    const struct store_outcome *o, struct error *e);

/* Records the outcome in the row of a running request. */
bool turns_close_row(struct db *db, const struct store_turn *t,
		     const struct store_outcome *o, struct error *e);

/* What clients did to a stored response while it ran. */
struct turn_mark {
	bool cancelled, deleted;
};

bool turns_read_mark(struct db *db, const struct store_turn *t,
		     struct turn_mark *mark, struct error *e);

/* What the client said in a turn, and where it goes. */
struct turn_input {
	const struct chat_request *request;
	size_t first;	      /* the messages from here on */
	int64_t conversation; /* row; 0: none */
};

bool turns_add_input(struct db *db, const struct store_turn *t,
		     const struct turn_input *input, struct arena *a,
		     struct error *e);

#endif
