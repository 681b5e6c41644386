/* SPDX-License-Identifier: MIT */
#ifndef EMULATE_REPLY_FILTER_H
#define EMULATE_REPLY_FILTER_H

#include "chat/stream.h"
#include "emulate/gaps.h"
#include "emulate/stop_search.h"
#include "emulate/token_limit.h"
#include "emulate/tool_call_finder.h"

/*
 * Sits between a service and the stream of its reply: text goes through the
 * token limit (which counts all that the model writes), the search for tool
 * calls, and the search for stop sequences in what remains as text.
 */
struct reply_filter {
	const struct chat_request *request;
	const struct gaps *gaps;
	struct chat_stream *out;
	struct arena *arena;
	struct token_limit *limit; /* NULL: none */
	struct tool_call_finder marks;
	struct stop_search stop;
	bool holds;	 /* text is held back until all of it is there, … */
	struct buf held; /* … here */
	unsigned n_calls;

	/* Why the service's events are no longer taken. */
	enum reply_filter_end {
		REPLY_FILTER_OPEN,     /* it still is */
		REPLY_FILTER_STOP,     /* a stop sequence came */
		REPLY_FILTER_LENGTH,   /* the limit is reached */
		REPLY_FILTER_CALLS,    /* after the last call that counts */
		REPLY_FILTER_ENDED,    /* the listener of `out` ended it */
		REPLY_FILTER_TOO_LARGE /* `held` is full */
	} end;
};

/* Text is held back where the request demands a call or JSON. `gaps` and
 * `limit` are borrowed. */
void reply_filter_init(struct reply_filter *f,
		       const struct chat_request *request,
		       const struct gaps *gaps, struct token_limit *limit,
		       struct chat_stream *out, struct arena *a);
void reply_filter_fini(struct reply_filter *f);

/* The listener of the service's stream; `filter` is a struct reply_filter. */
enum flow reply_filter_event(void *filter, const struct chat_event *event);

/*
 * The service has said everything. `cut`: it broke the reply off itself. What
 * is still undecided becomes text or is dropped.
 */
void reply_filter_close(struct reply_filter *f, bool cut);

/* Sends text that was held back. */
bool reply_filter_release(struct reply_filter *f, const char *p, size_t n);

#endif
