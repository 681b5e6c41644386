/* SPDX-License-Identifier: MIT */
/* The list of Kimi's services. */
#include "upstream/upstream.h"

const struct upstream *const upstreams[] = {
	&upstream_web,
	&upstream_platform,
	&upstream_code,
	NULL,
};

bool upstream_stopped(const struct upstream_call *call,
		      const struct chat_stream *stream)
{
	if (stream->flow == FLOW_STOP)
		error_set(call->error, ERROR_CLIENT_GONE, "The client left.");
	return false;
}
