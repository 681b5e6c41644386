/* SPDX-License-Identifier: MIT */
/* What is alike for all services. */
#include "upstream/upstream.h"

bool upstream_stopped(const struct upstream_call *call,
		      const struct chat_stream *stream)
{
	if (stream->flow == FLOW_STOP)
		error_set(call->error, ERROR_CLIENT_GONE, "The client left.");
	return false;
}

struct http_trace *upstream_asks(const struct upstream_call *call,
				 const char *host)
{
	struct upstream_asked *asked = call->asked;

	if (asked == NULL || asked->begun)
		return NULL;
	*asked = (struct upstream_asked){ .host = host };
	return &asked->trace;
}

void upstream_made_chat(const struct upstream_call *call, const char *chat)
{
	if (call->on_chat != NULL)
		call->on_chat(call->chat_ctx, chat);
}

void upstream_lose_chance(const struct upstream_call *call,
			  const struct chat_stream *stream)
{
	if (stream->flow != FLOW_STOP && call->chances != NULL &&
	    *call->chances > 0)
		(*call->chances)--;
}

bool upstream_has_chance(const struct upstream_call *call)
{
	return call->chances == NULL || *call->chances > 0;
}
