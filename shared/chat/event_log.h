/* SPDX-License-Identifier: MIT */
#ifndef CHAT_EVENT_LOG_H
#define CHAT_EVENT_LOG_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "chat/chat.h"

/* Events as text, one JSON object a line, so that a stream can be reproduced
 * exactly. PING is not written. */
void chat_event_log_write(struct buf *out, const struct chat_event *event);

/* The state of reading such a text. */
struct chat_event_reader {
	struct arena *arena; /* calls and citations live there; the rest of
			      * an event as long as on_event runs */
	bool (*on_event)(void *ctx, const struct chat_event *event);
	void *ctx;
	enum chat_block block; /* that is open */
	unsigned index, call;
	bool started, open;
	bool ended; /* FINISH or ERROR was read */
};

/*
 * Reads whole lines, in as many calls as there are batches. False when
 * `on_event` wants no more, or with ERROR_INTERNAL and `e` filled when the text
 * is not such a log; all events that were delivered follow the grammar.
 */
bool chat_event_log_read(struct chat_event_reader *r, const char *lines,
			 struct error *e);

/* The events of a reply whose stream was not stored: each block in one piece,
 * without an end. */
bool chat_event_log_of_message(struct chat_event_reader *r,
			       const struct chat_message *m);

#endif
