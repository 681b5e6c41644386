/* SPDX-License-Identifier: MIT */
/* GET /: what this is, and its endpoints. */
#include "app/routes.h"
#include "app/serve/json_response.h"
#include "base/version.h"

void serve_index(struct exchange *x)
{
	struct json_response o;
	struct json_writer *w = json_response_begin(&o, x);

	json_object(w, NULL);
	json_put_text(w, "name", "kimi-proxy");
	json_put_text(w, "version", KIMI_VERSION);
	json_array(w, "endpoints");
	for (const struct route *r = routes; r->pattern != NULL; r++) {
		json_object(w, NULL);
		json_put_text(w, "method", r->method);
		json_put_text(w, "path", r->pattern);
		json_close_object(w);
	}
	json_close_array(w);
	json_close_object(w);
	json_response_send(&o);
}
