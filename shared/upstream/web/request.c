/* SPDX-License-Identifier: MIT */
/* Requests to Kimi web that are answered with one JSON object. */
#include "upstream/web/request.h"

#include <string.h>

#include "upstream/web/reply_error.h"

static const cJSON *read_reply(struct upstream_call *call,
			       struct web_request *q,
			       const struct http_reply *reply)
{
	const cJSON *tree;

	if (reply->status / 100 != 2) {
		web_reply_error_set(call, q->protocol, reply, &q->unknown);
		return NULL;
	}
	tree = json_parse(call->arena, buf_text(&reply->body), reply->body.len,
			  call->error);
	if (tree == NULL)
		error_set(call->error, ERROR_UPSTREAM,
			  "Kimi's reply is not JSON.");
	return tree;
}

const cJSON *web_request_send(struct upstream_call *call, struct web_request *q)
{
	static const char *const headers[] = { "Connect-Protocol-Version: 1",
					       NULL };
	struct http_call http = {
		.method = q->method,
		.url = q->url,
		.bearer = q->bearer,
		.headers = q->protocol == WEB_CURRENT ? headers : NULL,
		.body = q->body,
		.body_len = q->body == NULL ? 0 : strlen(q->body),
		.abandon = q->abandon,
		.max_ms = q->max_ms,
		.once = q->once,
	};
	const cJSON *tree = NULL;
	struct http_reply reply;

	http_reply_init(&reply);
	if (call->http->send(call->http, &http, &reply, call->error))
		tree = read_reply(call, q, &reply);
	q->unsent = reply.unsent;
	buf_fini(&reply.body);
	return tree;
}
