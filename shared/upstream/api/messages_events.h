/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_MESSAGES_EVENTS_H
#define UPSTREAM_API_MESSAGES_EVENTS_H

#include "upstream/api/service.h"

/*
 * Streams one reply of POST /messages, the Messages flavour of Kimi Code:
 * another API at the same hosts, in the format of Anthropic's Messages, for
 * programs that the Chat flavour refuses. `service` is that of the Chat
 * flavour.
 */
bool messages_events_run(struct upstream_call *call,
			 const struct api_service *service,
			 const struct chat_request *request,
			 struct chat_stream *stream);

#endif
