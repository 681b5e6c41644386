/* SPDX-License-Identifier: MIT */
#ifndef STORE_ERASE_INTERNAL_H
#define STORE_ERASE_INTERNAL_H

#include "store/db_internal.h"

/*
 * Private to the store: deletes what was said, in parts that are small enough
 * for a transaction that others wait for. Rows of requests keep their numbers.
 */

/* Rows of one kind that a part deletes at most. */
#define ERASE_ROWS 100

/* What is being deleted, and what came of it. */
struct erasure {
	struct db *db;
	int64_t key;  /* row of the API key that it belongs to */
	int64_t rows; /* deleted so far, all of them */
	bool whole;   /* the last call left nothing to delete */
};

/* What was said in a request that is in no conversation, or whose conversation
 * goes with it. Call it until it is whole. */
bool erase_request(struct erasure *r, int64_t seq, struct error *e);

/* Only its error texts, which may quote what was said. */
bool erase_errors(struct erasure *r, int64_t seq, struct error *e);

/* A stored response that nothing goes on from, then those before it that
 * nothing else goes on from. Call it until it is whole. */
bool erase_response_chain(struct erasure *r, int64_t seq, struct error *e);

/* A conversation, which no client finds after the first call. Call it until it
 * is whole. */
bool erase_conversation(struct erasure *r, int64_t id, struct error *e);

/* A file, which no client finds after it; its bytes are left for erase_bytes
 * if no other file has them. */
bool erase_file(struct erasure *r, int64_t seq, int64_t content,
		struct error *e);

/* Bytes of files that were deleted, or whose upload was given up. Call it until
 * it is whole. */
bool erase_bytes(struct erasure *r, struct error *e);

#endif
