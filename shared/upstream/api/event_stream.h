/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_EVENT_STREAM_H
#define UPSTREAM_API_EVENT_STREAM_H

#include "http/sse.h"
#include "upstream/api/service.h"

/*
 * One answer of a service with keys, as server-sent events of JSON: what is
 * the same in the OpenAI and the Anthropic flavour.
 */
struct event_stream {
	struct upstream_call *call;
	const struct platform_service *service;
	struct chat_stream *stream;
	const char *path; /* behind the base URL */

	/* Writes the body of the request. */
	bool (*write)(struct buf *out, struct arena *a,
		      const struct model *model,
		      const struct chat_request *request, struct error *e);

	/* Says one event to the stream; false when that did. Errors are not
	 * its business. */
	bool (*take)(void *ctx, const cJSON *event);
	void *ctx;

	bool ended; /* the answer is whole: set by `take`, or by [DONE] */
	struct sse sse;
};

/* Runs it at the host that knows the key. */
bool event_stream_answer(struct event_stream *s,
			 const struct chat_request *request);

#endif
