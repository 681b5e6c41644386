/* SPDX-License-Identifier: MIT */
/* /responses/{id} and below: GET, DELETE and cancel. */
#include <string.h>

#include "app/auth.h"
#include "app/routes.h"
#include "app/serve/item_list.h"
#include "app/serve/json_response.h"
#include "app/serve/response_object.h"
#include "app/serve/resume.h"
#include "base/clock.h"

/* How long a cancelled response may take to end, and how often we look. */
#define CANCEL_MS 5000
#define CANCEL_STEP_MS 50

/* The response that the path names. */
struct named {
	struct caller caller;
	struct store *store;
	struct stored_response response;
};

/* Other dialects have stored responses, too. */
static bool check_id(const struct exchange *x, struct error *e)
{
	const char *prefix = x->dialect->stored_prefix;

	return strncmp(x->params[0], prefix, strlen(prefix)) == 0 ||
	       error_field(e, ERROR_NOT_FOUND, "id",
			   "There is no response '%.64s': response ids begin "
			   "with '%s'.",
			   x->params[0], prefix);
}

static bool find(struct exchange *x, struct named *n, struct error *e)
{
	if (!auth_check(x, &n->caller, e) || !check_id(x, e))
		return false;
	n->store = app_store(x->app, e);
	return n->store != NULL &&
	       stored_response_find(n->store, n->caller.fingerprint,
				    x->params[0], &n->response, x->arena, e);
}

static void send_object(struct exchange *x,
			const struct stored_response *stored)
{
	struct openai_response object;
	struct error failure;
	struct json_response r;

	response_object_fill(&object, stored, x->arena, &failure);
	openai_response_put(json_response_begin(&r, x), NULL, &object);
	json_response_send(&r);
}

void serve_stored_response(struct exchange *x)
{
	const char *stream =
		http_request_query(&x->request, "stream", x->arena);
	struct named n;
	struct error e;

	if (!find(x, &n, &e))
		exchange_fail(x, &e);
	else if (stream != NULL && strcmp(stream, "true") == 0)
		resume_stream(x, n.store, n.caller.fingerprint, &n.response);
	else
		send_object(x, &n.response);
}

/* The input of that request alone, without what came before it. */
void serve_stored_response_input_items(struct exchange *x)
{
	struct openai_response object;
	struct error e, ignored;
	struct item_list l;
	struct named n;

	if (find(x, &n, &e)) {
		response_object_fill(&object, &n.response, x->arena, &ignored);
		l = item_list_of(n.response.input, n.response.n_input,
				 json_at(object.settings, "tools"), x->arena);
		if (item_list_send_page(&l, x, &e))
			return;
	}
	exchange_fail(x, &e);
}

void serve_stored_response_delete(struct exchange *x)
{
	struct named n;
	struct error e;

	if (!find(x, &n, &e) ||
	    !stored_response_delete(n.store, n.caller.fingerprint, x->params[0],
				    &e)) {
		exchange_fail(x, &e);
		return;
	}
	json_response_deleted(x, "response", n.response.id);
}

/* Waits until the process that runs it has recorded what there is. */
static bool await_end(struct exchange *x, struct named *n, struct error *e)
{
	int64_t give_up = clock_ms() + CANCEL_MS;

	do {
		if (!stored_response_find(n->store, n->caller.fingerprint,
					  x->params[0], &n->response, x->arena,
					  e))
			return false;
		if (n->response.duration_ms > 0)
			break;
		clock_sleep_ms(CANCEL_STEP_MS);
	} while (clock_ms() < give_up);
	return true;
}

void serve_stored_response_cancel(struct exchange *x)
{
	struct named n;
	struct error e;

	if (!find(x, &n, &e)) {
		exchange_fail(x, &e);
		return;
	}
	if (!n.response.background &&
	    n.response.status != STORED_RESPONSE_RUNNING) {
		error_field(&e, ERROR_VALUE, "response_id",
			    "Only background responses can be cancelled.");
		exchange_fail(x, &e);
		return;
	}
	if (n.response.status == STORED_RESPONSE_RUNNING &&
	    (!stored_response_cancel(n.store, n.caller.fingerprint,
				     x->params[0], &e) ||
	     !await_end(x, &n, &e))) {
		exchange_fail(x, &e);
		return;
	}
	send_object(x, &n.response);
}
