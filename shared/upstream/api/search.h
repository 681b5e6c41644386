/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_SEARCH_H
#define UPSTREAM_API_SEARCH_H

#include "upstream/upstream.h"

/*
 * Web search where a service offers it as a tool that its caller has to run:
 * it is run here, and the client sees one reply with its sources. The model
 * gets the tool when the request wants a search, its calls do not reach the
 * client, and usage is the sum of all rounds.
 */
struct search {
	struct chat_tool tool;

	/* What the model gets as the result of a call, in the arena; false
	 * and a filled error if it failed. May cite sources. */
	bool (*perform)(struct upstream_call *call, const char *arguments,
			struct chat_stream *stream, const char **result);

	/* The tool cannot be combined with thinking, which is turned off where
	 * the model has a switch. */
	bool unthinking;

	bool charged; /* each of its calls is paid for, beside its tokens */
};

/* One reply. `run` runs the service for one round of it. */

bool search_run(struct upstream_call *call, const struct chat_request *request,
		struct chat_stream *stream, const struct search *search,
		bool (*run)(struct upstream_call *call,
			    const struct chat_request *request,
			    struct chat_stream *stream));

#endif
