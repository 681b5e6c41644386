/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_EVENT_STREAM_H
#define UPSTREAM_API_EVENT_STREAM_H

#include "base/buf.h"
#include "base/json_alike.h"
#include "base/json_split_pair.h"
#include "http/sse.h"
#include "upstream/api/service.h"
#include "upstream/api/tool_names.h"

/* How a reply with status 200 is framed, as its first byte tells. */
enum event_stream_framing {
	EVENT_STREAM_UNKNOWN, /* nothing came yet */
	EVENT_STREAM_EVENTS,
	EVENT_STREAM_WHOLE, /* one JSON text, or a page */
};

/*
 * One reply as server-sent events of JSON: what the Chat and the Messages
 * flavour have in common. Services and the proxies in front of them may
 * answer with a whole reply or an error as plain JSON, or with a page, and put
 * an error between events without framing it: each is read as what it is.
 */
struct event_stream {
	struct upstream_call *call;
	const struct api_service *service;
	struct chat_stream *stream;
	const char *path; /* below the base URL */
	bool builtins;	  /* the format can name Kimi's own tools */

	/* What differs from event to event: see json_alike.h. */
	const char *const *deltas;

	/* Writes the body of the request, whose tools have Kimi's names. */
	bool (*write)(struct rope *out, struct arena *a,
		      const struct model *model,
		      const struct chat_request *request, struct error *e);

	/* Writes what one event, or the whole reply, brings to the stream;
	 * false when the stream returned false. Errors do not come here.
	 * `again`: only deltas have changed in the last event. */
	bool (*take)(void *ctx, const cJSON *event, bool again);
	void *ctx;

	/* Set by `take`; [DONE] sets both. The reply is complete: errors no
	 * longer count. And so is what was said of it, its usage. */
	bool ended, told;

	/* Its own. */
	struct tool_names names;
	struct rope body;
	struct buf whole;
	struct sse sse;
	struct json_split_pair pair;
	struct json_alike alike;
	enum event_stream_framing framing;
	bool said;     /* an event came, or JSON */
	bool is_error; /* the last one */
	bool over;     /* [DONE] came: nothing is read any more */
};

/* Runs it at the host that knows the key. False with the error filled. */
bool event_stream_run(struct event_stream *s,
		      const struct chat_request *request);

/* The reply calls the tool `name`, for the call number `index` of the wire.
 * False when the stream returned false. */
bool event_stream_call(struct event_stream *s, unsigned index, const char *id,
		       const char *name);

#endif
