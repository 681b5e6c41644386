/* SPDX-License-Identifier: MIT */
/* Writes the events of a reply into its stream log, in batches. */
#include "app/relay/stream_log_writer_internal.h"

#include "chat/event_log.h"
#include "store/stream_log.h"

#define LIMIT (256 * 1024 * 1024)

/* Between two batches: what a killed process may lose of a stream. */
#define BATCH_MS 200

void stream_log_writer_init(struct stream_log_writer *w, struct store *store,
			    struct arena *a)
{
	*w = (struct stream_log_writer){ .store = store };
	arena_buf_init(a, &w->events, LIMIT);
}

void stream_log_writer_event(struct stream_log_writer *w,
			     const struct chat_event *event)
{
	if (w->store != NULL)
		chat_event_log_write(&w->events, event);
}

bool stream_log_writer_flush(struct stream_log_writer *w, int64_t row,
			     int64_t now, struct error *e)
{
	if (w->store == NULL || w->events.len == 0 ||
	    now < w->written_ms + BATCH_MS)
		return true;
	w->written_ms = now;
	if (!store_stream_log_add(w->store, row, buf_text(&w->events), e))
		return false;
	buf_clear(&w->events);
	return true;
}

const char *stream_log_writer_rest(struct stream_log_writer *w)
{
	return w->store == NULL ? NULL : buf_text(&w->events);
}
