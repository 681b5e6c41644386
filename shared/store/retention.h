/* SPDX-License-Identifier: MIT */
#ifndef STORE_RETENTION_H
#define STORE_RETENTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "store/store.h"

/*
 * How long the database keeps what was said: conversations, replies, stored
 * responses, files, error texts. A conversation, or a chain of stored responses,
 * is as old as its last turn, and goes as a whole. What a request used and cost
 * stays in its row.
 */
struct store_retention {
	int64_t keep_ms;   /* 0: for ever */
	int64_t max_bytes; /* that the database may take: then the oldest goes,
			    * unless it is of the last hour. 0: no limit */
};

/* Whether store_prune has something to look at; costs nothing as long as this
 * process knows that it has not. */
bool store_prune_is_due(struct store *s);

/*
 * Deletes a little of what is too old: 100 rows or half a megabyte, in one
 * transaction. For a thread that has answered its client. It waits for nobody:
 * if somebody has the database, or a reader makes the write-ahead log long, the
 * next one does it. If it is still too much and nothing else may go, the log says
 * so, once a day.
 */
void store_prune(struct store *s, const struct store_retention *r);

/* What is too old by now; of what is too much nobody can tell before. */
struct store_pruned {
	int64_t requests; /* that have texts, outside of conversations */
	int64_t conversations, files;
};

/* Counts it, and deletes nothing. */
bool store_prune_count(struct store *s, const struct store_retention *r,
		       struct store_pruned *p, struct error *e);

/* What store_prune_all did. */
struct store_prune_result {
	int64_t rows; /* deleted */
	bool full;    /* it is still too much, and nothing else may go */
};

/* Deletes all of it and what is too much, in steps between which others have
 * their turn, and makes the file smaller if it can. `progress` is called after
 * each with the rows that were deleted so far; NULL: nobody wants to know. */
bool store_prune_all(struct store *s, const struct store_retention *r,
		     void (*progress)(void *ctx, int64_t rows), void *ctx,
		     struct store_prune_result *result, struct error *e);

#endif
