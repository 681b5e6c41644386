/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_EVENT_CALLS_H
#define UPSTREAM_API_EVENT_CALLS_H

#include "base/key_index.h"
#include "upstream/api/event_stream.h"

/*
 * Whole calls from the fragments in which a reply brings them. By the format a
 * fragment has the index of its call, and the first one its id and name; some
 * builds leave the index out, repeat the id, use an index again, or send the
 * name later. A call is opened once its name is known.
 */
struct event_calls {
	struct event_stream *events;
	struct event_call *list; /* in order of appearance */
	size_t n, room;
	struct key_index by_index, by_id; /* the last one of each */
};

void event_calls_init(struct event_calls *c, struct event_stream *events);

/* What one event says of one call. NULL: nothing. */
struct event_call_fragment {
	bool begins;	 /* it is the first one of its call */
	int64_t index;	 /* -1: none */
	size_t position; /* among the fragments of the event, … */
	size_t n;	 /* … which are so many */
	const char *id, *name, *arguments;
};

/* Text as it is, another value as JSON; NULL if there is none, or {} as a
 * placeholder. */
const char *event_calls_arguments(struct arena *a, const cJSON *arguments);

/* False when the stream returned false. */
bool event_calls_take(struct event_calls *c,
		      const struct event_call_fragment *f);

/* At the end of the reply: false with ERROR_UPSTREAM if a call was left without
 * a name, unless the reply was cut off. */
bool event_calls_end(const struct event_calls *c);

#endif
