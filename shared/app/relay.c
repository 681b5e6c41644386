/* SPDX-License-Identifier: MIT */
/*
 * Joins everything for one chat request. All of it is one call stack on one
 * thread: relay -> upstream -> HTTP client -> bytes -> events -> client.
 */
#include "app/relay.h"

#include <assert.h>
#include <poll.h>
#include <string.h>

#include "app/access.h"
#include "app/candidates.h"
#include "app/leftovers.h"
#include "app/offer.h"
#include "base/clock.h"
#include "chat/check.h"
#include "chat/estimate.h"
#include "chat/history.h"
#include "chat/reply.h"
#include "chat/stream.h"
#include "store/turns.h"

#define BUSY_STEP_MS 100

/* A stateless request that lasts longer gets its row before it ends. */
#define ROW_AFTER_MS 1000

struct relay {
	struct exchange *x;
	const struct caller *caller;
	struct chat_request *request;
	struct model model;
	struct store *store;
	struct store_turn turn;
	struct chat_history history;
	struct chat_stream stream;
	struct chat_reply reply;
	struct encoder *encoder; /* NULL: the answer is not streamed */
	struct dialect_answer answer;
	struct http_watch watch;
	const struct credential *credential; /* being tried, or tried last */
	struct leftovers leftovers;
	int64_t last_sent_ms, renew_ms, first_token_ms;
	bool recorded;
	bool chat_touched; /* an attempt went on in the kept chat */
	struct error error;
};

static void debug(const struct relay *r, const char *step, const char *detail)
{
	log_line(&r->x->app->log, LOG_DEBUG, r->x->id, step, "%s", detail);
}

/* The outcome in one transaction. */
static bool record(struct relay *r, enum store_status status,
		   const struct error *why)
{
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
		.request = r->request,
		.history = r->history,
		.bookmark = r->stream.bookmark,
		.credential = r->credential == NULL ?
				      NULL :
				      r->credential->fingerprint,
	};
	struct error e;

	assert(!r->recorded);
	r->recorded = true;
	if (store_turn_close(r->store, &r->turn, &o, r->x->arena, &e)) {
		debug(r, "recorded", why == NULL ? "done" : why->message);
		return true;
	}
	log_line(&r->x->app->log, LOG_ERROR, r->x->id, "database", "%s",
		 e.message);
	r->error = e;
	return false;
}

/* Where Kimi gave no numbers we estimate, and say so. */
static void complete_usage(struct relay *r)
{
	if (r->reply.usage.source == CHAT_USAGE_NONE)
		r->reply.usage = r->stream.usage;
	if (r->reply.usage.source == CHAT_USAGE_NONE)
		r->reply.usage = chat_estimate(r->request, &r->reply);
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

static bool on_event(void *ctx, const struct chat_event *event)
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

/* The chat of this attempt, unless the conversation goes on in it. */
static void note_leftover(struct relay *r, bool done)
{
	const char *chat = r->stream.bookmark.chat;
	const char *known = r->request->bookmark.chat;

	if (chat == NULL || (known != NULL && strcmp(chat, known) == 0))
		return;
	if (!done || r->request->conversation == NULL)
		leftovers_add(&r->leftovers, r->x->arena, r->credential, chat);
}

/* One answer of the service into the stream, recorded when it is whole. */
static bool run_once(struct relay *r, struct upstream_call *call)
{
	bool done;

	chat_stream_init(&r->stream, r->x->arena, on_event, r);
	r->stream.one_call = r->request->one_call;
	chat_reply_clear(&r->reply);
	done = r->credential->upstream->run(call, r->request, &r->stream);
	if (!done) {
		secret_redact_word(r->error.message, call->bearer);
		secret_redact_word(r->error.message, r->credential->secret);
	} else {
		/* What it means when the end is wanted by nobody. */
		error_set(&r->error, ERROR_CLIENT_GONE, "The client left.");
		done = chat_stream_end(&r->stream, &r->error);
	}
	note_leftover(r, done);
	return done;
}

/* One credential; a refused access token is renewed once. */
static bool try_credential(struct relay *r)
{
	struct upstream_call call = {
		.arena = r->x->arena,
		.http = r->x->http,
		.config = &r->x->app->config,
		.model = &r->model,
		.error = &r->error,
	};

	debug(r, "try", r->credential->label);
	if (!access_obtain(r->store, r->credential, NULL, &call))
		return false;
	if (run_once(r, &call))
		return true;
	debug(r, "failed", r->error.message);
	if (r->error.kind != ERROR_CREDENTIAL || r->stream.started ||
	    r->credential->upstream->renew == NULL)
		return false;
	return access_obtain(r->store, r->credential, call.bearer, &call) &&
	       run_once(r, &call);
}

/*
 * The chat that the conversation was in goes on if this credential made it
 * and the client did not rewrite the past; else the context is told anew.
 */
static void set_bookmark(struct relay *r)
{
	const struct store_turn *t = &r->turn;

	r->request->bookmark = (struct chat_bookmark){ 0 };
	if ((r->model.upstream->features & UPSTREAM_CHATS) &&
	    t->bookmark.chat != NULL && t->credential != NULL &&
	    strcmp(t->credential, r->credential->fingerprint) == 0 &&
	    r->history.kept == t->n_messages) {
		r->request->bookmark = t->bookmark;
		r->chat_touched = true;
	}
}

/* A chat that is gone or closed: begin another with the same credential. */
static bool try_with_bookmark(struct relay *r)
{
	set_bookmark(r);
	if (try_credential(r))
		return true;
	if (r->request->bookmark.chat == NULL || r->stream.started ||
	    (r->error.kind != ERROR_CHAT_GONE &&
	     r->error.kind != ERROR_FORBIDDEN))
		return false;
	debug(r, "rebuild", "the chat at Kimi is gone");
	r->request->bookmark = (struct chat_bookmark){ 0 };
	return try_credential(r);
}

/* False with the truest error when no credential brought an answer. */
static bool try_all(struct relay *r, struct candidates *c)
{
	struct error worst = c->none;

	for (size_t i = 0; i < c->n; i++) {
		r->credential = c->list[i];
		if (try_with_bookmark(r))
			return true;
		if (error_rest(r->error.kind) == ERROR_REST_NONE)
			return false;
		candidates_rest(r->store, r->credential, &r->error);
		if (r->stream.started)
			return false;
		candidates_worse(&worst, &r->error);
	}
	r->error = worst;
	return false;
}

/*
 * The kept chat is left behind when the conversation went on in another one,
 * or when it may hold a turn that failed.
 */
static bool leaves_chat(const struct relay *r, bool done)
{
	const char *now = r->stream.bookmark.chat;
	const char *kept = r->turn.bookmark.chat;

	if (kept == NULL || r->turn.credential == NULL)
		return false;
	if (!done)
		return r->chat_touched;
	return now == NULL || strcmp(now, kept) != 0;
}

static void note_abandoned(struct relay *r, bool done)
{
	const struct store_turn *t = &r->turn;

	if (!leaves_chat(r, done))
		return;
	for (size_t i = 0; i < r->caller->n_credentials; i++) {
		const struct credential *c = &r->caller->credentials[i];

		if (strcmp(c->fingerprint, t->credential) == 0)
			leftovers_add(&r->leftovers, r->x->arena, c,
				      t->bookmark.chat);
	}
}

/* The client is watched while we wait, too. */
static bool pause_for_turn(struct relay *r)
{
	const struct gateway *g = r->x->gateway;
	struct pollfd fds[GATEWAY_FDS];
	enum gateway_state state = GATEWAY_OPEN;

	for (int i = 0; i < GATEWAY_FDS; i++)
		fds[i] = (struct pollfd){ .fd = g->watch[i].fd,
					  .events = g->watch[i].events };
	if (poll(fds, GATEWAY_FDS, BUSY_STEP_MS) > 0)
		state = g->state(g->ctx);
	if (state == GATEWAY_OPEN)
		return true;
	return error_set(&r->error,
			 state == GATEWAY_GONE ? ERROR_CLIENT_GONE :
						 ERROR_STOPPING,
			 "The wait for the turn before ended.");
}

/* Takes the conversation, after the turn before it if there is one. */
static bool take_turn(struct relay *r)
{
	int64_t give_up = clock_ms() + r->x->app->config.conversation_wait_ms;

	if (r->request->conversation == NULL) {
		r->renew_ms = r->x->started_ms + ROW_AFTER_MS;
		return true;
	}
	while (!store_turn_open(r->store, &r->turn, r->x->arena, &r->error)) {
		if (r->error.kind != ERROR_BUSY || clock_ms() >= give_up)
			return false;
		if (!pause_for_turn(r))
			return false;
	}
	return true;
}

/* Makes the request complete in itself: what is stored, then what is new. */
static bool join_history(struct relay *r)
{
	struct chat_request *q = r->request;
	const struct store_turn *t = &r->turn;
	struct chat_message *all;
	size_t n;

	r->history = chat_history_join(t->messages, t->n_messages, q->messages,
				       q->n_messages, r->x->arena);
	n = q->n_messages - r->history.fresh;
	if (n == 0)
		return error_field(&r->error, ERROR_VALUE, "messages",
				   "'messages' hold nothing new: this "
				   "conversation has all of them already.");
	all = arena_array(r->x->arena, r->history.kept + n, sizeof(*all));
	if (r->history.kept > 0)
		memcpy(all, t->messages, r->history.kept * sizeof(*all));
	memcpy(all + r->history.kept, q->messages + r->history.fresh,
	       n * sizeof(*all));
	q->messages = all;
	q->n_messages = r->history.kept + n;
	return chat_check_calls(q, r->history.kept, r->history.fresh,
				&r->error);
}

static bool answer(struct relay *r)
{
	struct candidates c;

	debug(r, "key", r->caller->label);
	debug(r, "model", r->request->model);
	if (!offer_find(r->caller, r->request, r->x->arena, &r->model,
			&r->error))
		return false;
	r->turn.conversation = r->request->conversation;
	if (!take_turn(r) || !join_history(r) ||
	    !offer_check(r->request, &r->model, &r->error) ||
	    !candidates_find(&c, r->caller, r->model.upstream,
			     r->turn.credential, r->store, r->x->arena,
			     &r->error))
		return false;
	return try_all(r, &c);
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
		.renew_ms = clock_ms() + TURN_RENEW_MS,
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
	};
	r->watch = (struct http_watch){ .gateway = x->gateway,
					.tick = tick,
					.settled = settled,
					.ctx = r };
	x->http->watch = &r->watch;
	chat_reply_init(&r->reply, x->arena);
	chat_stream_init(&r->stream, x->arena, on_event, r);
	if (request->stream)
		r->encoder =
			x->dialect->encoder(x->arena, &r->answer, &x->response);
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
	note_abandoned(r, done);
	exchange_finish(x);
	leftovers_discard(&r->leftovers, x, r->store);
	x->http->watch = NULL;
}
