/* SPDX-License-Identifier: MIT */
/* A stored file as OpenAI describes it. */
#include "app/serve/file_object.h"

#include "app/serve/json_response.h"

void file_object_put(struct json_writer *w, const struct store_file *f)
{
	json_object(w, NULL);
	json_put_text(w, "id", f->id);
	json_put_text(w, "object", "file");
	json_put_int(w, "bytes", f->size);
	json_put_int(w, "created_at", f->created_ms / 1000);
	json_put_null(w, "expires_at");
	json_put_text(w, "filename", f->name);
	json_put_text(w, "purpose", f->purpose);
	json_put_text(w, "status", "processed");
	json_put_null(w, "status_details");
	json_close_object(w);
}

void file_object_send(const struct store_file *f, struct exchange *x)
{
	struct json_response r;

	file_object_put(json_response_begin(&r, x), f);
	json_response_send(&r);
}
