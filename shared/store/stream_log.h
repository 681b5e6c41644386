/* SPDX-License-Identifier: MIT */
#ifndef STORE_STREAM_LOG_H
#define STORE_STREAM_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "store/store.h"

/*
 * The events of a streamed response in the order they came, in batches of text
 * whose form is the caller's, so that an interrupted stream can be resumed. The
 * last batch is written with the end of the turn (struct store_outcome).
 */

/* Adds a batch. Does nothing if the response has ended or was deleted;
 * store_turn_renew reports that. */
bool store_stream_log_add(struct store *s, int64_t seq, const char *batch,
			  struct error *e);

struct store_stream_log {
	int64_t position;     /* in: read after it, from 0; out: the last */
	const char **batches; /* filled */
	size_t n;
	bool running; /* more may come */
};

/* All batches after a position, and whether the response is still running.
 * With `follow` the writer learns that it has a reader, for some seconds. */
bool store_stream_log_read(struct store *s, int64_t seq, bool follow,
			   struct store_stream_log *log, struct arena *a,
			   struct error *e);

/* Whether there was a reader that follows within the last `ms`. */
bool store_stream_log_is_read(struct store *s, int64_t seq, int64_t ms,
			      bool *read, struct error *e);

#endif
