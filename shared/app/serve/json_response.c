/* SPDX-License-Identifier: MIT */
/* JSON objects as answers. */
#include "app/serve/json_response.h"

#define LIMIT (512 * 1024 * 1024)

struct json_writer *json_response_begin(struct json_response *o,
					struct exchange *x)
{
	o->x = x;
	o->out = arena_alloc(x->arena, sizeof(*o->out));
	buf_init(o->out, LIMIT);
	arena_own(x->arena, o->out, buf_drop);
	json_writer_init(&o->w, o->out);
	return &o->w;
}

void json_response_send(struct json_response *o)
{
	struct error e;

	if (!o->out->full) {
		response_json(&o->x->response, 200, o->out->p, o->out->len);
		return;
	}
	error_set(&e, ERROR_INTERNAL,
		  "The answer is larger than this server makes.");
	exchange_fail(o->x, &e);
}

void json_response_deleted(struct exchange *x, const char *object,
			   const char *id)
{
	struct json_response o;
	struct json_writer *w = json_response_begin(&o, x);

	json_object(w, NULL);
	json_put_text(w, "id", id);
	json_put_text(w, "object", object);
	json_put_bool(w, "deleted", true);
	json_close_object(w);
	json_response_send(&o);
}
