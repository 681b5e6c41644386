/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_STREAM_LOG_WRITER_INTERNAL_H
#define APP_RELAY_STREAM_LOG_WRITER_INTERNAL_H

#include "base/buf.h"
#include "chat/chat.h"
#include "store/store.h"

/*
 * Private to the relay: writes the events of a reply into its stream log, in
 * batches, so that the stream can be resumed while it runs.
 */
struct stream_log_writer {
	struct store *store; /* NULL: this reply has no log */
	struct buf events;   /* not in the log yet */
	int64_t written_ms;
};

/* `w` lives as long as the arena. */
void stream_log_writer_init(struct stream_log_writer *w, struct store *store,
			    struct arena *a);

/* Adds an event to the next batch. */
void stream_log_writer_event(struct stream_log_writer *w,
			     const struct chat_event *event);

/* Writes the batch if the previous one is old enough at `now` (clock_ms). False
 * if that fails; the next call tries again. */
bool stream_log_writer_flush(struct stream_log_writer *w, int64_t row,
			     int64_t now, struct error *e);

/* What is not in the log yet, to be written with the end; NULL without a
 * log. */
const char *stream_log_writer_rest(struct stream_log_writer *w);

#endif
