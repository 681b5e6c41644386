/* SPDX-License-Identifier: MIT */
/* The list of Kimi's services, and how one is asked. */
#include "upstream/upstream.h"

#include "emulate/emulate.h"

const struct upstream *const upstreams[] = {
	&upstream_web,
	&upstream_platform,
	&upstream_code,
	NULL,
};

bool upstream_run(struct upstream_call *call,
		  const struct chat_request *request,
		  struct chat_stream *stream)
{
	return emulate_run(call, request, stream, call->model->upstream->run);
}
