/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_CHAT_EVENTS_H
#define UPSTREAM_API_CHAT_EVENTS_H

#include "upstream/api/service.h"

/*
 * Streams one reply of POST /chat/completions: the API of the Open Platform,
 * as platform.kimi.ai/docs (api/chat) describes it, and the Chat flavour of
 * Kimi Code.
 */
bool chat_events_run(struct upstream_call *call,
		     const struct api_service *service,
		     const struct chat_request *request,
		     struct chat_stream *stream);

#endif
