/* SPDX-License-Identifier: MIT */
/*
 * Joins everything for one chat request. All of it is one call stack on one
 * thread: relay -> upstream -> HTTP client -> bytes -> events -> client.
 */
#include "app/relay/relay.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "app/relay/attachments.h"
#include "app/relay/model_resolution.h"
#include "app/relay/relay_internal.h"
#include "base/clock.h"
#include "chat/file.h"
#include "store/slots.h"
#include "store/turn_open.h"

void relay_debug(const struct relay *r, const char *step, const char *detail)
{
	log_line(&r->x->app->log, LOG_DEBUG, r->x->id, step, "%s", detail);
}

/* What the client is told, or will be. */
static int http_status(const struct relay *r, const struct error *why)
{
	const struct dialect *d = r->x->dialect;

	if (r->x->response.begun)
		return r->x->response.status;
	if (why == NULL)
		return 200;
	return d->status == NULL ? error_status(why->kind) :
				   d->status(why->kind, r->request->stream);
}

/* The outcome in one transaction. */
static bool record(struct relay *r, enum store_status status,
		   const struct error *why)
{
	int64_t now = clock_ms();
	struct store_outcome o = {
		.status = status,
		.http_status = http_status(r, why),
		.credential_label =
			r->credential == NULL ? NULL : r->credential->label,
		.reply = &r->reply,
		.usage = r->reply.usage,
		.first_token_ms = r->first_token_ms,
		.duration_ms = now - r->x->started_ms,
		.error = why,
		.chat_touched = r->chat_touched,
		.request = &r->told,
		.history = r->history,
		.bookmark = relay_place(r),
		.credential = r->credential == NULL ?
				      NULL :
				      r->credential->fingerprint,
		.slot = r->slot,
		.uid = r->answer.id,
		.events = r->logs ? buf_text(&r->events) : NULL,
	};
	struct error e;

	assert(!r->recorded);
	r->recorded = true;
	r->answer.completed = (r->turn.started_ms + o.duration_ms) / 1000;
	if (store_turn_close(r->store, &r->turn, &o, r->x->arena, &e)) {
		r->slot = 0;
		relay_debug(r, "recorded",
			    why == NULL ? "done" :
					  exchange_loggable(r->x, why));
		return true;
	}
	r->error = e;
	r->cancelled = e.kind == ERROR_CLIENT_GONE;
	if (!r->cancelled)
		log_line(&r->x->app->log, LOG_ERROR, r->x->id, "database", "%s",
			 e.message);
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
	if (r->encoder != NULL && !r->x->sink.broken) {
		r->x->dialect->event(r->encoder, event);
		keep_alive_wrote(&r->keep_alive, &r->x->sink);
	}
	return !r->x->sink.broken || relay_left(r);
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
	last.usage = &r->reply.usage;
	relay_log(r, &last);
	if (!record(r, STORE_DONE, NULL))
		return false;
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
	relay_log(r, event);
	if (first)
		r->first_token_ms = clock_ms() - r->x->started_ms;
	if (!send(r, event))
		return false;
	if (first)
		response_flush(&r->x->response);
	return true;
}

static void settled(void *ctx)
{
	struct relay *r = ctx;

	if (r->encoder != NULL)
		response_flush(&r->x->response);
	relay_log_write(r);
}

static int64_t earliest(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The row of a request that takes its time, and its lease. */
static void hold_turn(struct relay *r)
{
	struct error e;

	if (r->turn.row == 0)
		store_turn_open(r->store, &r->turn, r->x->arena, &e);
	else if (!store_turn_renew(r->store, &r->turn, &e))
		r->cancelled = e.kind == ERROR_CLIENT_GONE;
	if (r->slot != 0)
		store_slot_renew(r->store, r->slot, &e);
}

/* When the next comment is due; -1 when it cannot be sent any more. */
static int64_t keep_alive(struct relay *r, int64_t now)
{
	if (r->encoder == NULL || r->x->sink.broken)
		return INT64_MAX;
	if (keep_alive_due_in(&r->keep_alive, now) <= 0 &&
	    (!chat_stream_ping(&r->stream) ||
	     (!response_flush(&r->x->response) && !relay_left(r))))
		return -1;
	return keep_alive_due_in(&r->keep_alive, now);
}

/* Keeps the client and the conversation while Kimi is waited for. */
static int64_t tick(void *ctx)
{
	struct relay *r = ctx;
	int64_t now = clock_ms(), comment;

	if (now >= r->renew_ms) {
		hold_turn(r);
		r->renew_ms = now + r->hold_ms;
	}
	if ((r->x->sink.broken && !relay_left(r)) || !relay_wanted(r, now))
		return -1;
	relay_log_write(r);
	comment = keep_alive(r, now);
	return comment < 0 ? -1 : earliest(r->renew_ms - now, comment);
}

/* Files that a client uploaded stay until it deletes them. */
static void note_files(struct relay *r)
{
	const struct chat_request *q = r->request;

	for (size_t i = r->history.kept; i < q->n_messages; i++)
		for (size_t j = 0; j < q->messages[i].n_parts; j++) {
			const struct chat_part *part = &q->messages[i].parts[j];

			if (part->file != NULL && part->id == NULL)
				cleanup_add_file(&r->cleanup, r->x->arena,
						 part->file->hash);
		}
}

static bool find_attachments(struct relay *r)
{
	if (!attachments_find(r->x, r->caller, r->store, &r->model, &r->history,
			      r->request, &r->error))
		return false;
	if (r->turn.ephemeral)
		note_files(r);
	return true;
}

static bool answer(struct relay *r)
{
	relay_debug(r, "key", r->caller->label);
	relay_debug(r, "model", r->request->model);
	if (!model_resolve(r->x, r->caller, r->store, r->request, &r->model,
			   &r->error))
		return false;
	r->answer.model = r->turn.model = r->model.name;
	if (!relay_take_turn(r) || !relay_join_history(r))
		return false;
	r->told = *r->request;
	if (!model_check_request(r->request, &r->model, &r->x->app->config,
				 &r->error) ||
	    !find_attachments(r))
		return false;
	relay_make_prompt(r);
	if (!relay_accept(r))
		return false;
	if (r->request->stream && r->x->dialect->tells_prompt)
		r->answer.prompt_tokens =
			tokens_count_prompt(app_tokens(r->x->app),
					    template_of(r->model.name,
							r->request),
					    r->request)
				.n;
	if (r->request->stream)
		r->encoder = r->x->dialect->encoder(r->x->arena, &r->answer,
						    &r->x->response);
	if (relay_attempt(r))
		return true;
	if (r->error.kind == ERROR_MODEL)
		model_refused(r->x, r->caller, r->store, &r->model, &r->error);
	return false;
}

static void fail(struct relay *r)
{
	struct error why = r->error;
	struct chat_event end = { .kind = CHAT_ERROR, .error = &why };
	bool gone = why.kind == ERROR_CLIENT_GONE;

	if (r->cancelled && !r->recorded)
		error_set(&why, ERROR_CLIENT_GONE, "It was cancelled.");
	dialect_name_input(r->x->dialect, &why);
	if (!r->recorded) {
		if (r->stream.started)
			complete_usage(r);
		relay_log(r, &end);
		record(r, gone ? STORE_CANCELLED : STORE_FAILED, &why);
	}
	r->x->note = arena_copy(r->x->arena, exchange_loggable(r->x, &why));
	if ((gone && !r->cancelled) || r->detached)
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
		.renew_ms = INT64_MAX,
		.first_token_ms = -1,
	};
	r->turn = (struct store_turn){
		.request = x->id,
		.key_fingerprint = caller->fingerprint,
		.key_label = caller->label,
		.dialect = x->dialect->name,
		.model = request->model,
		.conversation = request->conversation,
		.previous = request->previous,
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
					.left = relay_left,
					.ctx = r };
	r->told = *request;
	keep_alive_init(&r->keep_alive, x->app->config.keepalive_ms);
	relay_keep(r);
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
	else if (r->encoder == NULL && !r->detached)
		x->dialect->reply(x->arena, &r->answer, &x->response,
				  &r->reply);
	else if (!r->detached)
		response_flush(&x->response);
	relay_note_abandoned(r, done);
	exchange_finish(x);
	cleanup_chats(&r->cleanup, x, r->store);
	cleanup_files(&r->cleanup, x, caller, r->store);
	x->http->watch = NULL;
}
