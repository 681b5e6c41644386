/* SPDX-License-Identifier: MIT */
/* POST /responses and /responses/input_tokens. */
#include "app/auth.h"
#include "app/conversation_id.h"
#include "app/relay/relay.h"
#include "app/routes.h"
#include "app/serve/item_references.h"
#include "app/serve/json_response.h"
#include "app/serve/loaded_tools.h"
#include "app/serve/prompt_count.h"

static bool decode(struct exchange *x, struct caller *caller,
		   struct chat_request *request, struct error *e)
{
	return auth_check(x, caller, e) && exchange_read(x, e) &&
	       item_references_resolve(x, caller, "input", e) &&
	       loaded_tools_add(x, caller, e) &&
	       x->dialect->decode(x->arena, x->body, request, e) &&
	       conversation_id_settle(x, request, e);
}

void serve_responses(struct exchange *x)
{
	struct chat_request request;
	struct caller caller;
	struct error e;

	if (decode(x, &caller, &request, &e))
		relay_chat(x, &caller, &request);
	else
		exchange_fail(x, &e);
}

static void send_count(struct exchange *x, struct tokens_sum sum)
{
	struct json_response o;
	struct json_writer *w = json_response_begin(&o, x);

	json_object(w, NULL);
	json_put_text(w, "object", "response.input_tokens");
	json_put_int(w, "input_tokens", sum.n);
	/* Our extension: whether they were counted or estimated. */
	json_put_text(w, "source", chat_usage_source_name(sum.source));
	json_close_object(w);
	json_response_send(&o);
}

void serve_responses_input_tokens(struct exchange *x)
{
	struct chat_request request;
	struct tokens_sum sum;
	struct caller caller;
	struct model model;
	struct error e;

	if (decode(x, &caller, &request, &e) &&
	    prompt_count(x, &caller, &request, &model, &sum, &e))
		send_count(x, sum);
	else
		exchange_fail(x, &e);
}
