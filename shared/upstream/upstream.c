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
