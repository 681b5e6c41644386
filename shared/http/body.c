/* SPDX-License-Identifier: MIT */
/* Ropes as bodies of requests. */
#include "http/body.h"

static bool read_rope(const struct http_source *s, int64_t offset, void *p,
		      size_t n, struct error *e)
{
	return rope_read(s->ctx, offset, p, n, e);
}

void http_body_put(struct http_call *call, struct http_source *source,
		   const struct rope *body)
{
	if (body->n == 0) {
		call->body = body->text.p;
		call->body_len = body->text.len;
		return;
	}
	*source = (struct http_source){ .size = rope_size(body),
					.read = read_rope,
					.ctx = body };
	call->source = source;
}
