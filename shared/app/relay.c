/* SPDX-License-Identifier: MIT */
/*
 * Joins everything for one chat request. All of it is one call stack on one
 * thread: relay -> upstream -> HTTP client -> bytes -> events -> client.
 */
#include "app/relay.h"

#include <assert.h>
#include <string.h>

#include "app/attachments.h"
#include "app/offer.h"
#include "app/relay_parts.h"
#include "base/clock.h"
#include "store/leases.h"

void relay_debug(const struct relay *r, const char *step, const char *detail)
{
	log_line(&r->x->app->log, LOG_DEBUG, r->x->id, step, "%s", detail);
}

/* The outcome in one transaction. */
static bool record(struct relay *r, enum store_status status,
		   const struct error *why)
{
	struct chat_request told = *r->request;
	int64_t now = clock_ms();
	struct store_outcome o = {
		.status = status,
		.http_status = r->x->response.begun ? r->x->response.status :
			       why == NULL	    ? 200 :
						      error_status(why->kind),
		.credential_label =
			r->credential == NULL ? NULL : r->credential->label,
		.reply = &r->reply,
		.usage = r->reply.usage,
		.first_token_ms = r->first_token_ms,
		.duration_ms = now - r->x->started_ms,
		.error = why,
		.chat_touched = r->chat_touched,
		.request = &told,
		.history = r->history,
		.bookmark = chat_stream_place(&r->stream),
		.credential = r->credential == NULL ?
				      NULL :
				      r->credential->fingerprint,
		.lease = r->lease,
	};
	struct error e;

	assert(!r->recorded);
	if (r->told != NULL)
		told.messages = r->told;
	r->recorded = true;
	if (store_turn_close(r->store, &r->turn, &o, r->x->arena, &e)) {
		r->lease = 0;
		relay_debug(r, "recorded", why == NULL ? "done" : why->message);
		return true;
	}
	log_line(&r->x->app->log, LOG_ERROR, r->x->id, "database", "%s",
		 e.message);
	r->error = e;
	return false;
}

/* Where Kimi gave no numbers we count or estimate, and say which. */
static void complete_usage(struct relay *r)
{
	if (r->reply.usage.source == CHAT_USAGE_NONE)
		r->reply.usage = r->stream.usage;
	if (r->reply.usage.source == CHAT_USAGE_NONE)
		r->reply.usage =
			tokens_usage(app_tokens(r->x->app),
				     template_of(r->model.name, r->request),
				     r->request, &r->reply);
}

static bool send(struct relay *r, const struct chat_event *event)
{
	if (r->encoder == NULL)
		return !r->x->sink.broken;
	r->last_sent_ms = clock_ms();
	return r->x->dialect->event(r->encoder, event);
}

/* The end is told only after it is recorded. */
static bool finish(struct relay *r, const struct chat_event *event)
{
	struct chat_event last = *event;

	complete_usage(r);
	if (r->reply.overflow) {
		error_set(&r->error, ERROR_UPSTREAM,
			  "The answer is larger than this server keeps.");
		return false;
	}
	if (!record(r, STORE_DONE, NULL))
		return false;
	last.usage = &r->reply.usage;
	send(r, &last);
	return true;
}

bool relay_on_event(void *ctx, const struct chat_event *event)
{
	struct relay *r = ctx;
	bool first = event->kind == CHAT_DELTA && r->first_token_ms < 0;

	chat_reply_event(&r->reply, event);
	if (event->kind == CHAT_FINISH)
		return finish(r, event);
	if (event->kind == CHAT_ERROR && r->encoder == NULL)
		return true;
	if (first)
		r->first_token_ms = clock_ms() - r->x->started_ms;
	return send(r, event) && (!first || response_flush(&r->x->response));
}

static void settled(void *ctx)
{
	struct relay *r = ctx;

	if (r->encoder != NULL)
		response_flush(&r->x->response);
}

static int64_t earliest(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The row of a request that takes its time, and its lease. */
static void hold_turn(struct relay *r)
{
	struct error ignored;

	if (r->turn.row == 0)
		store_turn_open(r->store, &r->turn, r->x->arena, &ignored);
	else
		store_turn_renew(r->store, &r->turn, &ignored);
	if (r->lease != 0)
		store_lease_renew(r->store, r->lease, &ignored);
}

/* Keeps the client and the conversation while Kimi is waited for. */
static int64_t tick(void *ctx)
{
	struct relay *r = ctx;
	int64_t now = clock_ms(), keepalive = r->x->app->config.keepalive_ms;
	int64_t wait;

	if (r->x->sink.broken)
		return -1;
	if (now >= r->renew_ms) {
		hold_turn(r);
		r->renew_ms = now + TURN_RENEW_MS;
	}
	wait = r->renew_ms - now;
	if (r->encoder == NULL)
		return wait;
	if (now >= r->last_sent_ms + keepalive) {
		if (!chat_stream_ping(&r->stream) ||
		    !response_flush(&r->x->response))
			return -1;
	}
	return earliest(wait, r->last_sent_ms + keepalive - now);
}

/* What is stored goes on without the bytes. */
static bool find_attachments(struct relay *r)
{
	r->told = r->request->messages;
	return attachments_find(r->x, r->caller, r->store, &r->model,
				&r->history, r->request, &r->error);
}

static bool answer(struct relay *r)
{
	relay_debug(r, "key", r->caller->label);
	relay_debug(r, "model", r->request->model);
	if (!offer_find(r->x, r->caller, r->store, r->request, &r->model,
			&r->error))
		return false;
	r->answer.model = r->turn.model = r->model.name;
	r->turn.conversation = r->request->conversation;
	if (r->request->stream)
		r->encoder = r->x->dialect->encoder(r->x->arena, &r->answer,
						    &r->x->response);
	if (!relay_take_turn(r) || !relay_join_history(r) ||
	    !offer_check(r->request, &r->model, &r->x->app->config,
			 &r->error) ||
	    !find_attachments(r))
		return false;
	if (relay_attempt(r))
		return true;
	if (r->error.kind == ERROR_MODEL)
		offer_refused(r->x, r->caller, r->store, &r->model, &r->error);
	return false;
}

static void fail(struct relay *r)
{
	struct error why = r->error;
	bool gone = why.kind == ERROR_CLIENT_GONE;

	if (!r->recorded) {
		if (r->stream.started)
			complete_usage(r);
		record(r, gone ? STORE_CANCELLED : STORE_FAILED, &why);
	}
	r->x->note = arena_copy(r->x->arena, why.message);
	if (gone)
		return;
	if (r->encoder == NULL)
		exchange_fail(r->x, &why);
	else
		chat_stream_fail(&r->stream, &why);
}

static void relay_init(struct relay *r, struct exchange *x,
		       const struct caller *caller,
		       struct chat_request *request)
{
	*r = (struct relay){
		.x = x,
		.caller = caller,
		.request = request,
		.last_sent_ms = clock_ms(),
		.renew_ms = INT64_MAX,
		.first_token_ms = -1,
	};
	r->turn = (struct store_turn){
		.request = x->id,
		.key_fingerprint = caller->fingerprint,
		.key_label = caller->label,
		.dialect = x->dialect->name,
		.model = request->model,
		.stream = request->stream,
		.started_ms = clock_wall_ms(),
	};
	r->answer = (struct dialect_answer){
		.id = x->id + strlen("req_"),
		.created = r->turn.started_ms / 1000,
		.model = request->model,
		.include_usage = request->include_usage,
		.request = request,
		.body = x->body,
		.after = -1,
	};
	r->watch = (struct http_watch){ .gateway = x->gateway,
					.tick = tick,
					.settled = settled,
					.ctx = r };
	x->http->watch = &r->watch;
	chat_reply_init(&r->reply, x->arena);
	chat_stream_init(&r->stream, x->arena, relay_on_event, r);
}

void relay_chat(struct exchange *x, const struct caller *caller,
		struct chat_request *request)
{
	struct relay *r = arena_alloc(x->arena, sizeof(*r));
	bool done;

	relay_init(r, x, caller, request);
	r->store = app_store(x->app, &r->error);
	if (r->store == NULL) {
		exchange_fail(x, &r->error);
		return;
	}
	done = answer(r);
	if (!done)
		fail(r);
	else if (r->encoder == NULL)
		x->dialect->reply(x->arena, &r->answer, &x->response,
				  &r->reply);
	else
		response_flush(&x->response);
	relay_note_abandoned(r, done);
	exchange_finish(x);
	leftovers_discard(&r->leftovers, x, r->store);
	x->http->watch = NULL;
}
