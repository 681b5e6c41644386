/* SPDX-License-Identifier: MIT */
/* POST /tokenizers/estimate-token-count: an endpoint of Kimi's own API, but
 * answered here. */
#include "app/auth.h"
#include "app/routes.h"
#include "app/serve/json_response.h"

static void send_count(struct exchange *x, struct tokens_sum sum)
{
	struct json_response o;
	struct json_writer *w = json_response_begin(&o, x);

	json_object(w, NULL);
	json_object(w, "data");
	json_put_int(w, "total_tokens", sum.n);
	/* Our extension: whether they were counted or estimated. */
	json_put_text(w, "source", chat_usage_source_name(sum.source));
	json_close_object(w);
	json_close_object(w);
	json_response_send(&o);
}

void serve_token_estimate(struct exchange *x)
{
	struct chat_request request;
	struct caller caller;
	struct error e;

	if (!auth_check(x, &caller, &e) || !exchange_decode(x, &request, &e)) {
		exchange_fail(x, &e);
		return;
	}
	send_count(x, tokens_count_prompt(app_tokens(x->app),
					  template_of(request.model, &request),
					  &request));
}
