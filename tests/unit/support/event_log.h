/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_EVENT_LOG_H
#define SUPPORT_EVENT_LOG_H

#include "base/buf.h"
#include "chat/stream.h"

/*
 * Writes events as one readable line and checks their grammar on the way:
 * "start open0:text delta0:Hi close0 finish:stop".
 */
struct event_log {
	struct buf text;
	bool started, ended, open;
	unsigned index, call;	/* the open block's */
	unsigned blocks, calls; /* opened so far */
	enum chat_block block;	/* the open block's */
	size_t characters;	/* of text so far */
	unsigned stop_after;	/* events; then no more are wanted */
	unsigned seen;
};

void event_log_init(struct event_log *log, struct arena *a);
enum flow event_log_event(void *log, const struct chat_event *event);

#endif
