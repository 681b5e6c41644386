/* SPDX-License-Identifier: MIT */
#ifndef EMULATE_EMULATE_H
#define EMULATE_EMULATE_H

#include "upstream/upstream.h"

/*
 * Runs one answer of a service, as its `run` would, and does what the service
 * cannot: tools by a prompt and by marks in the answer, response_format by a
 * prompt and a check, stop and max_tokens by cutting. A request that asks for
 * nothing of what call->model->upstream lacks goes to `run` as it is.
 *
 * - An answer that is over for us (a stop sequence, the limit, text behind
 *   the calls) is a success, and `run` is stopped. The chat at Kimi then holds
 *   more than the stream says, so the stream's bookmark is spent.
 * - Reasoning streams. Text streams too, unless a call or JSON is demanded:
 *   then it waits to be checked. What fails the check is asked for once more
 *   in the same chat, and the bookmark is spent as well; then it is
 *   ERROR_UPSTREAM.
 * - An answer that is cut is not checked: its finish reason says enough.
 */
bool emulate_run(struct upstream_call *call, const struct chat_request *request,
		 struct chat_stream *stream,
		 bool (*run)(struct upstream_call *call,
			     const struct chat_request *request,
			     struct chat_stream *stream));

#endif
