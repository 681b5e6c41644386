/* SPDX-License-Identifier: MIT */
/* What every request goes through: its body, its errors, its log line. */
#include "app/exchange.h"

#include "base/clock.h"
#include "base/random_id.h"
#include "store/minute_limits.h"

/* What a value of a body takes in memory, about: a node of the tree, and its part
 * of a message. */
#define VALUE_SIZE 256

void exchange_init(struct exchange *x, struct app_list *apps,
		   struct http_client *http, struct arena *a,
		   const struct gateway *g)
{
	*x = (struct exchange){
		.app = app_find(apps, g->param(g->ctx, "KIMI_CONFIG")),
		.arena = a,
		.http = http,
		.gateway = g,
		.sweeper = apps->sweeper,
		.dialect = &dialect_openai_chat,
		.id = random_id_ordered(a, "req_"),
		.started_ms = clock_ms(),
	};
	x->share = (struct memory_share){ .memory = &apps->memory,
					  .limit = x->app->config.memory };
	sink_init(&x->sink, g);
}

void exchange_end(struct exchange *x)
{
	exchange_finish(x);
	response_fini(&x->response);
	if (x->credentials != NULL)
		credential_set_give_back(&x->app->sets, x->credentials);
}

const struct credential_set *exchange_credentials(struct exchange *x)
{
	if (x->credentials == NULL)
		x->credentials = app_credentials(x->app, x->arena);
	return x->credentials;
}

const char *exchange_loggable(const struct exchange *x, const struct error *e)
{
	return cJSON_IsFalse(json_at(x->body, "store")) ? error_name(e->kind) :
							  e->message;
}

void exchange_note_refusal(struct exchange *x, const struct error *why)
{
	struct error *copy;

	if (x->refusal != NULL)
		return;
	copy = arena_alloc(x->arena, sizeof(*copy));
	*copy = *why;
	x->refusal = copy;
}

void exchange_tell_limits(struct exchange *x)
{
	const struct store_api_key *k = x->key;
	struct rate_limit requests, tokens;
	struct store *store;
	struct error ignored;

	if (x->told_limits || k == NULL ||
	    (k->requests_per_minute == 0 && k->tokens_per_minute == 0))
		return;
	x->told_limits = true;
	store = app_store(x->app, &ignored);
	if (store != NULL &&
	    store_minute_limits_read(store, k, &requests, &tokens, &ignored))
		x->dialect->rates(&x->response, &requests, &tokens);
}

void exchange_fail(struct exchange *x, const struct error *e)
{
	http_request_skip(&x->request);
	if (x->note == NULL)
		x->note = arena_copy(x->arena, exchange_loggable(x, e));
	if (e->kind == ERROR_ENCODING)
		response_header(&x->response, "Accept-Encoding",
				content_encoding_accepted(x->arena));
	if (!x->response.begun)
		exchange_tell_limits(x);
	x->dialect->error(x->arena, &x->response, e);
	exchange_note_refusal(x, e);
}

void exchange_finish(struct exchange *x)
{
	if (x->finished)
		return;
	x->finished = true;
	/* Behind a proxy it is the proxy's, unless the web server knows
	 * better. */
	x->client = arena_copy(x->arena, x->gateway->param(x->gateway->ctx,
							   "REMOTE_ADDR"));
	x->gateway->finish(x->gateway->ctx);
}

/* Proxies that forget the header send such bodies. Always false. */
static bool explain_encoding(const struct buf *body, struct error *e)
{
	const char *coding = content_encoding_guess(body->p, body->len);

	return coding != NULL && e->kind == ERROR_BAD_REQUEST &&
	       error_set(e, ERROR_BAD_REQUEST,
			 "The request body is compressed with %s, but its "
			 "Content-Encoding does not say so.",
			 coding);
}

/* The tree, and what is made of it, beside the body. */
static bool admit(void *ctx, size_t values, struct error *e)
{
	struct exchange *x = ctx;
	int64_t n = (int64_t)(x->request.body.len + values * VALUE_SIZE);

	return n <= MEMORY_SMALL || memory_share_grow(&x->share, n, e);
}

bool exchange_read(struct exchange *x, struct error *e)
{
	struct buf *body = &x->request.body;

	if (body->len == 0)
		return error_set(e, ERROR_BAD_REQUEST,
				 "The body is empty: send a JSON object.");
	if (x->body == NULL)
		x->body = json_parse_in_place(x->arena, body->p, body->len,
					      admit, x, e);
	return x->body != NULL || explain_encoding(body, e);
}

bool exchange_decode(struct exchange *x, struct chat_request *request,
		     struct error *e)
{
	return exchange_read(x, e) &&
	       x->dialect->decode(x->arena, x->body, request, e);
}
