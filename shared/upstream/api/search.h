/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_SEARCH_H
#define UPSTREAM_API_SEARCH_H

#include "upstream/upstream.h"

/*
 * Web search where a service offers it as a tool that its caller must run:
 * the proxy runs it, and the client sees one answer with its sources. The
 * tool is given to the model when the request wants a search, its calls do
 * not reach the client, and usage is the sum of all rounds.
 */
struct search {
	struct chat_tool tool;

	/* What the model is told of a call; false and a filled error when it
	 * failed. May cite sources. */
	bool (*perform)(struct upstream_call *call, const char *arguments,
			struct chat_stream *stream, const char **result);

	/* A model that can do without thinking must, for this tool. */
	bool unthinking;
};

bool search_run(struct upstream_call *call, const struct chat_request *request,
		struct chat_stream *stream, const struct search *search,
		bool (*run)(struct upstream_call *call,
			    const struct chat_request *request,
			    struct chat_stream *stream));

#endif
