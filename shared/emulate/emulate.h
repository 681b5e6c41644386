/* SPDX-License-Identifier: MIT */
#ifndef EMULATE_EMULATE_H
#define EMULATE_EMULATE_H

#include "upstream/upstream.h"

/*
 * Runs a request at the service of call->model, as that service's own `run`
 * does, and makes up for what the service lacks: tools by a prompt and by
 * calls found in the text of the reply, response formats by a prompt and a
 * check, stop and max_tokens by cutting the reply. A request that needs none
 * of it goes to the service unchanged.
 *
 * - A reply that is complete for us (a stop sequence, the limit, text after
 *   the calls) is a success, and the service is stopped. The chat at Kimi then
 *   holds more than the stream says, so the stream's bookmark is spent.
 * - Reasoning streams. Text streams too, unless a call or JSON is demanded:
 *   then it is held back and checked. A reply that fails the check is asked
 *   for once more in the same chat, and the bookmark is spent; if that fails
 *   as well it is ERROR_UPSTREAM.
 * - A reply that is cut is not checked: its finish reason says enough.
 */
bool emulate_run(struct upstream_call *call, const struct chat_request *request,
		 struct chat_stream *stream);

#endif
