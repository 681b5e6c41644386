/* SPDX-License-Identifier: MIT */
/* Sends the bytes of a file to Kimi web. */
#include "upstream/web/file_transfer.h"

#include "upstream/web/reply_error.h"

bool web_file_transfer_send(struct web_file *f, struct web_file_transfer *t)
{
	struct upstream_call *call = f->turn->call;
	struct http_call http = {
		.method = t->method,
		.url = t->url,
		.bearer = t->bearer,
		.type = t->body->type,
		.source = &t->body->source,
	};
	struct http_reply reply;
	bool ok;

	http_reply_init(&reply);
	ok = call->http->send(call->http, &http, &reply, call->error);
	if (ok && reply.status / 100 != 2)
		ok = web_reply_error_set(call, t->protocol, &reply,
					 &f->turn->unknown);
	if (ok && t->wants_json) {
		t->json = json_parse(call->arena, buf_text(&reply.body),
				     reply.body.len, call->error);
		ok = t->json != NULL ||
		     error_set(call->error, ERROR_UPSTREAM,
			       "Kimi's reply to an upload is not JSON.");
	}
	buf_fini(&reply.body);
	return ok;
}
