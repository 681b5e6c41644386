/* SPDX-License-Identifier: MIT */
#ifndef STORE_KEY_DATA_H
#define STORE_KEY_DATA_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "store/store.h"

/* What Kimi may still have of an API key: a chat, which is deleted there once a
 * program has its credential, or a file, which nobody deletes. */
struct store_at_kimi {
	const char *kind;	/* "chat", "file" */
	const char *credential; /* label */
	const char *id;
};

/* By the row of the key. */
bool store_key_at_kimi(struct store *s, int64_t key,
		       struct store_at_kimi **list, size_t *n, struct arena *a,
		       struct error *e);

/*
 * Deletes everything that was said, stored and uploaded with an API key, in many
 * small transactions, so that others can work meanwhile; usage stays. No new
 * request may come with the key. ERROR_BUSY while one runs. `progress` is called
 * after each with the rows that were deleted so far; NULL: nobody wants to know.
 * If it fails on the way, it can be called again.
 */
bool store_key_data_delete(struct store *s, int64_t key,
			   void (*progress)(void *ctx, int64_t rows), void *ctx,
			   struct error *e);

#endif
