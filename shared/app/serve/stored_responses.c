/* SPDX-License-Identifier: MIT */
/* A stored response: GET, DELETE and cancel below /responses/{id}. */
#include <string.h>

#include "app/auth.h"
#include "app/serve/item_list.h"
#include "app/serve/json_response.h"
#include "app/serve/response_object.h"
#include "app/serve/resume.h"
#include "base/clock.h"

/* How long a cancelled response may take to notice, and how often we look. */
#define CANCEL_MS 5000
#define CANCEL_STEP_MS 50

struct named {
	struct caller caller;
	struct store *store;
	struct stored_response answer;
};

/* Other dialects keep answers, too. */
static bool check_id(const struct exchange *x, struct error *e)
{
	const char *prefix = x->dialect->stored_prefix;

	return strncmp(x->param, prefix, strlen(prefix)) == 0 ||
	       error_field(e, ERROR_NOT_FOUND, "id",
			   "No such response: '%.64s'. Their ids begin with "
			   "'%s'.",
			   x->param, prefix);
}

static bool find(struct exchange *x, struct named *n, struct error *e)
{
	if (!auth_check(x, &n->caller, e) || !check_id(x, e))
		return false;
	n->store = app_store(x->app, e);
	return n->store != NULL &&
	       stored_response_find(n->store, n->caller.fingerprint, x->param,
				    &n->answer, x->arena, e);
}

static void answer_object(struct exchange *x,
			  const struct stored_response *answer)
{
	struct openai_response response;
	struct error failure;
	struct json_response o;

	response_object(&response, answer, x->arena, &failure);
	openai_response_put(json_response_begin(&o, x), NULL, &response);
	json_response_send(&o);
}

void serve_response(struct exchange *x)
{
	const char *stream =
		http_request_query(&x->request, "stream", x->arena);
	struct named n;
	struct error e;

	if (!find(x, &n, &e))
		exchange_fail(x, &e);
	else if (stream != NULL && strcmp(stream, "true") == 0)
		resume_stream(x, n.store, n.caller.fingerprint, &n.answer);
	else
		answer_object(x, &n.answer);
}

/* What the client said in that request alone. */
void serve_response_input(struct exchange *x)
{
	struct openai_response response;
	struct error e, ignored;
	struct item_list l;
	struct named n;

	if (find(x, &n, &e)) {
		response_object(&response, &n.answer, x->arena, &ignored);
		l = items_of(n.answer.input, n.answer.n_input,
			     json_at(response.settings, "tools"), x->arena);
		if (items_send_page(x, &l, &e))
			return;
	}
	exchange_fail(x, &e);
}

void serve_response_delete(struct exchange *x)
{
	struct named n;
	struct error e;

	if (!find(x, &n, &e) ||
	    !stored_response_delete(n.store, n.caller.fingerprint, x->param,
				    &e)) {
		exchange_fail(x, &e);
		return;
	}
	json_response_deleted(x, "response", n.answer.id);
}

/* Until what was said before the end is recorded, too. */
static bool await_end(struct exchange *x, struct named *n, struct error *e)
{
	int64_t give_up = clock_ms() + CANCEL_MS;

	do {
		if (!stored_response_find(n->store, n->caller.fingerprint,
					  x->param, &n->answer, x->arena, e))
			return false;
		if (n->answer.duration_ms > 0)
			break;
		clock_sleep_ms(CANCEL_STEP_MS);
	} while (clock_ms() < give_up);
	return true;
}

void serve_response_cancel(struct exchange *x)
{
	struct named n;
	struct error e;

	if (!find(x, &n, &e)) {
		exchange_fail(x, &e);
		return;
	}
	if (!n.answer.background &&
	    n.answer.status != STORED_RESPONSE_RUNNING) {
		error_field(&e, ERROR_VALUE, "response_id",
			    "Only a response that runs in the background can "
			    "be cancelled.");
		exchange_fail(x, &e);
		return;
	}
	if (n.answer.status == STORED_RESPONSE_RUNNING &&
	    (!stored_response_cancel(n.store, n.caller.fingerprint, x->param,
				     &e) ||
	     !await_end(x, &n, &e))) {
		exchange_fail(x, &e);
		return;
	}
	answer_object(x, &n.answer);
}
