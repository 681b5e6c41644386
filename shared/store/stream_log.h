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
 * The events of a streamed answer as they came, in batches of text whose form
 * is the caller's: so that a stream that was cut can be taken up again. The
 * last batch goes in with the end of the turn (store_outcome.events). Adding is
 * without effect on an answer that has ended or was deleted; store_turn_renew
 * tells that.
 */
bool store_stream_log_add(struct store *s, int64_t seq, const char *batch,
			  struct error *e);

struct store_stream_log {
	int64_t place;	      /* in: read behind it, from 0; out: the last */
	const char **batches; /* filled */
	size_t n;
	bool running; /* more may come */
};

/* All batches behind a place, and whether the answer still runs. With
 * `follow` the writer is told that somebody reads, for some seconds. */
bool store_stream_log_read(struct store *s, int64_t seq, bool follow,
			   struct store_stream_log *log, struct arena *a,
			   struct error *e);

/* Whether somebody told so within the last `ms`. */
bool store_stream_log_is_read(struct store *s, int64_t seq, int64_t ms,
			      bool *read, struct error *e);

#endif
