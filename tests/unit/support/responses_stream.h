/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_RESPONSES_STREAM_H
#define SUPPORT_RESPONSES_STREAM_H

#include <stddef.h>

#include "base/arena.h"
#include "base/json.h"

/* A stream of the Responses API, taken apart and held to its rules. */
struct responses_stream {
	const char **events; /* "event: …\ndata: …", without [DONE] */
	const cJSON **trees; /* of their data */
	size_t n;
	const cJSON *last; /* the response of the last event */
};

/*
 * Fails the test unless: names are types, numbers have no gaps, the response
 * is created first and ends once, items are added before anything is said of
 * them and done before the next, what is done is what the deltas were, and
 * the last response has the items that were done and no others.
 */
struct responses_stream responses_stream_read(struct arena *a,
					      const char *body);

/* The same without those rules, for the rest of a stream. */
struct responses_stream responses_stream_split(struct arena *a,
					       const char *body);

#endif
