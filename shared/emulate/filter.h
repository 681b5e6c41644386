/* SPDX-License-Identifier: MIT */
#ifndef EMULATE_FILTER_H
#define EMULATE_FILTER_H

#include "chat/stream.h"
#include "emulate/prompt.h"
#include "emulate/stop_search.h"
#include "emulate/token_limit.h"
#include "emulate/tool_marks.h"

/*
 * Stands between a service and the answer's stream: text goes through the
 * token limit (which counts all that the model writes), the search for tool
 * calls, and the search for stop sequences in what is left as text.
 */
struct emulate_filter {
	const struct chat_request *request;
	const struct emulation *what;
	struct chat_stream *out;
	struct arena *arena;
	struct token_limit *limit; /* NULL: none */
	struct tool_marks marks;
	struct stop_search stop;
	bool keeps;	 /* text waits until all of it is there, … */
	struct buf kept; /* … here */
	unsigned n_calls;

	/* Why no more is wanted of the service. */
	enum emulate_end {
		EMULATE_GOES_ON,
		EMULATE_STOP,	  /* a stop sequence came */
		EMULATE_LENGTH,	  /* the limit is reached */
		EMULATE_CALLS,	  /* text follows the calls, or one too many */
		EMULATE_GONE,	  /* the client left */
		EMULATE_TOO_LARGE /* `kept` is full */
	} end;
};

/* Text is kept where the request demands a call or JSON. */
void emulate_filter_init(struct emulate_filter *f,
			 const struct chat_request *request,
			 const struct emulation *what,
			 struct token_limit *limit, struct chat_stream *out,
			 struct arena *a);
void emulate_filter_fini(struct emulate_filter *f);

/* The listener of the service's stream; `filter` is a struct emulate_filter. */
bool emulate_filter_event(void *filter, const struct chat_event *event);

/*
 * The service has said what it will. `cut`: it broke the answer off itself.
 * What is still open becomes text or goes.
 */
void emulate_filter_close(struct emulate_filter *f, bool cut);

/* Sends text past the kept one. */
bool emulate_filter_release(struct emulate_filter *f, const char *p, size_t n);

#endif
