/* SPDX-License-Identifier: MIT */
/* Responses that are one JSON value. */
#include "app/serve/json_response.h"

#define MAX_SIZE (512 * 1024 * 1024)

struct json_writer *json_response_begin(struct json_response *r,
					struct exchange *x)
{
	r->x = x;
	r->out = arena_buf(x->arena, MAX_SIZE);
	json_writer_init(&r->w, r->out);
	return &r->w;
}

void json_response_send(struct json_response *r)
{
	json_response_send_as(r, 200);
}

void json_response_send_as(struct json_response *r, int status)
{
	struct error e;

	if (!r->out->full) {
		response_json(&r->x->response, status, r->out->p, r->out->len);
		return;
	}
	error_set(&e, ERROR_INTERNAL, "The response would exceed %d MiB.",
		  MAX_SIZE / (1024 * 1024));
	exchange_fail(r->x, &e);
}

void json_response_deleted(struct exchange *x, const char *object,
			   const char *id)
{
	struct json_response r;
	struct json_writer *w = json_response_begin(&r, x);

	json_object(w, NULL);
	json_put_text(w, "id", id);
	json_put_text(w, "object", object);
	json_put_bool(w, "deleted", true);
	json_close_object(w);
	json_response_send(&r);
}
