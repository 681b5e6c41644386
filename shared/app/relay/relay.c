/* SPDX-License-Identifier: MIT */
/*
 * The conductor: the life of a chat request, from top to bottom. Others do the
 * work: the attempt asks Kimi, the recorder writes to the database, the
 * audience receives the reply. None of them knows the conductor. All of it is
 * one call stack on one thread: attempt -> service -> HTTP client -> bytes ->
 * stream -> on_event -> recorder and audience. Only several choices have a
 * thread and such a stack each (choices_internal.h).
 */
#include "app/relay/relay.h"

#include <stdio.h>
#include <string.h>

#include "app/relay/attachments_internal.h"
#include "app/relay/audience_internal.h"
#include "app/relay/chat_sweeper.h"
#include "app/relay/choice_threads_internal.h"
#include "app/relay/choices_internal.h"
#include "app/relay/cleanup.h"
#include "app/relay/model_resolution.h"
#include "app/relay/recorder_internal.h"
#include "app/relay/reservation_internal.h"
#include "app/relay/turn_internal.h"
#include "base/clock.h"

struct relay {
	struct job job;
	struct choices choices;
	size_t finished; /* of them */
	struct recorder recorder;
	struct audience audience;
	struct cleanup cleanup;	   /* of files */
	struct chat_stream stream; /* what is not part of any reply */
	struct http_watch watch;
	struct error error;
};

static bool begin(struct relay *r, struct exchange *x,
		  const struct caller *caller, struct chat_request *request);
static bool choose_model(struct relay *r);
static bool take_conversation(struct relay *r);
static bool make_prompt(struct relay *r);
static bool open_audience(struct relay *r);
static bool ask_kimi(struct relay *r);
static void fail(struct relay *r);
static void clean_up(struct relay *r);

void relay_chat(struct exchange *x, const struct caller *caller,
		struct chat_request *request)
{
	struct relay *r = arena_alloc(x->arena, sizeof(*r));
	bool done;

	if (!begin(r, x, caller, request)) {
		exchange_fail(x, &r->error);
		return;
	}
	done = choose_model(r) && take_conversation(r) && make_prompt(r) &&
	       open_audience(r) && ask_kimi(r);
	if (done)
		audience_finish(&r->audience, r->recorder.replies,
				&r->recorder.timing);
	else
		fail(r);
	clean_up(r);
}

/* --- Before Kimi is asked --- */

static enum flow on_event(void *ctx, struct choice *c,
			  const struct chat_event *event);
static enum flow on_own_event(void *ctx, const struct chat_event *event);
static int64_t tick(void *ctx);
static void settled(void *ctx);
static bool left(void *ctx);

static bool begin(struct relay *r, struct exchange *x,
		  const struct caller *caller, struct chat_request *request)
{
	r->job = (struct job){
		.x = x,
		.caller = caller,
		.store = app_store(x->app, &r->error),
		.request = request,
		.id = x->id + strlen("req_"),
		.accepted_ms = clock_wall_ms(),
	};
	if (r->job.store == NULL)
		return false;
	recorder_init(&r->recorder, &r->job, &r->choices.made);
	audience_init(&r->audience, &r->job, &r->watch,
		      r->recorder.log.store != NULL);
	chat_stream_init(&r->stream, x->arena, on_own_event, r);
	r->choices = (struct choices){
		.job = &r->job,
		.turn = &r->recorder.turn,
		.history = &r->recorder.history,
		.watch = &r->watch,
		.on_event = on_event,
		.ctx = r,
	};
	choices_init(&r->choices);
	r->watch = (struct http_watch){ .gateway = x->gateway,
					.tick = tick,
					.settled = settled,
					.left = left,
					.ctx = r };
	x->http->watch = &r->watch;
	return true;
}

static bool choose_model(struct relay *r)
{
	struct job *j = &r->job;

	job_debug(j, "key", j->caller->label);
	job_debug(j, "model", j->request->model);
	if (!model_resolution_find(j->x, j->caller, j->store, j->request,
				   &j->model, &r->error))
		return false;
	r->audience.head.model = j->model.name;
	recorder_set_model(&r->recorder, j->model.name);
	return true;
}

static bool open_turn(struct relay *r)
{
	struct recorder *rec = &r->recorder;
	bool opened;

	if (!reservation_make(&r->job, &rec->turn, &r->error))
		return false;
	opened = !recorder_needs_row(rec) ||
		 turn_open(&r->job, &rec->turn, &r->error);
	reservation_tell(&r->job, &rec->turn);
	return opened;
}

/* From here on the request is self-contained. */
static bool take_conversation(struct relay *r)
{
	struct recorder *rec = &r->recorder;

	if (!recorder_check_space(rec, &r->error) || !open_turn(r))
		return false;
	recorder_hold(rec);
	if (!turn_join(&r->job, &rec->turn, &rec->history, &r->error))
		return false;
	rec->request = *r->job.request;
	return true;
}

/* What only Kimi gets to see: files as bytes, instructions, all that fits. */
static bool make_prompt(struct relay *r)
{
	struct job *j = &r->job;
	const struct chat_history *history = &r->recorder.history;
	struct attachments files = { .x = j->x,
				     .caller = j->caller,
				     .store = j->store,
				     .model = &j->model,
				     .history = history };

	if (!model_resolution_check(j->request, &j->model, &j->x->app->config,
				    &r->error) ||
	    !attachments_find(&files, j->request, &r->error))
		return false;
	if (r->recorder.turn.ephemeral)
		cleanup_add_files(&r->cleanup, j->x->arena, j->request,
				  history->kept);
	j->differs = turn_make_prompt(j);
	recorder_set_prompt(&r->recorder, j->request);
	return true;
}

static bool check_background(struct relay *r)
{
	if (r->recorder.turn.store_as == NULL)
		return error_field(&r->error, ERROR_VALUE, "background",
				   "A response that runs in the background "
				   "must be stored: leave out 'store'.");
	if (r->job.x->gateway->detach == NULL)
		return error_field(
			&r->error, ERROR_UNSUPPORTED, "background",
			"This server cannot run responses in the background, "
			"because it runs as a CGI program, which exits after "
			"each request: leave out 'background'.");
	return true;
}

static bool open_audience(struct relay *r)
{
	const struct chat_request *q = r->job.request;

	if (q->background) {
		if (!check_background(r) ||
		    !recorder_store_input(&r->recorder, &r->error))
			return false;
		if (!q->stream)
			audience_detach(&r->audience);
	}
	audience_open(&r->audience);
	return true;
}

/* --- While Kimi replies --- */

static bool ask_kimi(struct relay *r)
{
	const struct job *j = &r->job;
	struct choices *cs = &r->choices;

	if (cs->n == 1 ? choices_run_only(cs, &r->error) :
			 choice_threads_run(cs, &r->error))
		return true;
	if (r->error.kind == ERROR_MODEL)
		model_resolution_refuse(j->x, j->caller, j->store, &j->model,
					&r->error);
	return false;
}

/* Before the client gets the end of all replies, the outcome is recorded. */
static bool record(struct relay *r, struct choice *last, struct chat_event *end,
		   struct error *e)
{
	struct recorder *rec = &r->recorder;
	bool ok = recorder_close(rec, last, end, e);

	if (rec->recorded)
		audience_note_end(&r->audience, rec->completed);
	if (!ok && e->kind == ERROR_CLIENT_GONE)
		audience_cancel(&r->audience);
	return ok;
}

static bool finish(struct relay *r, struct choice *c, struct chat_event *end)
{
	if (!recorder_finish(&r->recorder, end, &c->error))
		return false;
	end->more = ++r->finished < r->choices.n;
	return end->more || record(r, c, end, &c->error);
}

/* Listens to the streams. */
static enum flow on_event(void *ctx, struct choice *c,
			  const struct chat_event *event)
{
	struct relay *r = ctx;
	struct chat_event end = *event;

	if (r->job.x->dialect->object_arguments &&
	    !chat_reply_check_call(&r->recorder.replies[event->choice], event,
				   &c->error))
		return FLOW_FAILED;
	if (event->kind == CHAT_FINISH) {
		if (!finish(r, c, &end))
			return FLOW_FAILED;
		audience_send(&r->audience, &end);
		return FLOW_CONTINUE;
	}
	if (event->kind == CHAT_START)
		recorder_set_asked(&r->recorder, &c->attempt);
	if (!recorder_event(&r->recorder, event, &c->error))
		return FLOW_FAILED;
	return audience_send(&r->audience, event) ? FLOW_CONTINUE : FLOW_STOP;
}

/* A PING, or the ERROR from `fail`, which has recorded it. */
static enum flow on_own_event(void *ctx, const struct chat_event *event)
{
	struct relay *r = ctx;

	return audience_send(&r->audience, event) ? FLOW_CONTINUE : FLOW_STOP;
}

/* A sign of life, if one is due. Milliseconds until the next one; -1 when
 * nobody is there to get it. */
static int64_t keep_alive(struct relay *r, int64_t now)
{
	int64_t due = audience_keep_alive_in(&r->audience, now);

	if (due > 0)
		return due;
	if (!chat_stream_ping(&r->stream) || !audience_flush(&r->audience))
		return -1;
	return audience_keep_alive_in(&r->audience, now);
}

/* Called while Kimi is waited for: see http_watch. */
static int64_t tick(void *ctx)
{
	struct relay *r = ctx;
	struct recorder *rec = &r->recorder;
	int64_t now = clock_ms(), renew, due;

	if (recorder_due_in(rec, now) <= 0) {
		if (!recorder_renew(rec, now))
			audience_cancel(&r->audience);
		choices_renew_slot(&r->choices);
	}
	if (!audience_waits(&r->audience, rec->turn.row, now))
		return -1;
	recorder_write_log(rec, now);
	due = keep_alive(r, now);
	renew = recorder_due_in(rec, now);
	return due < renew ? due : renew;
}

static void settled(void *ctx)
{
	struct relay *r = ctx;

	audience_flush(&r->audience);
	recorder_write_log(&r->recorder, clock_ms());
}

static bool left(void *ctx)
{
	struct relay *r = ctx;

	return audience_leave(&r->audience);
}

/* --- Afterwards --- */

/* People have to know which credential they should replace. */
static const char *log_note(const struct exchange *x, const struct attempt *t,
			    const struct error *why)
{
	const char *text = exchange_loggable(x, why);

	if (t->failed == NULL || (why->kind != ERROR_CREDENTIAL &&
				  why->kind != ERROR_OUR_CREDENTIAL))
		return arena_copy(x->arena, text);
	return arena_printf(x->arena, "(%s) %s", t->failed->label, text);
}

/* A client that has left gets no error, but one whose response was cancelled by
 * another request does. */
static void fail(struct relay *r)
{
	struct exchange *x = r->job.x;
	struct choices *cs = &r->choices;
	struct choice *last = cs->failed == NULL ? cs->list : cs->failed;
	const struct audience *a = &r->audience;
	struct error why = r->error;
	struct chat_event end = { .kind = CHAT_ERROR, .error = &why };
	bool gone = why.kind == ERROR_CLIENT_GONE;

	if (a->cancelled && !r->recorder.recorded)
		error_set(&why, ERROR_CLIENT_GONE,
			  "The response was cancelled.");
	dialect_name_input(x->dialect, &why);
	if (recorder_leaves_refusal(&r->recorder, &last->attempt, &why))
		exchange_note_refusal(x, &why);
	else if (!r->recorder.recorded)
		record(r, last, &end, &r->error);
	x->note = log_note(x, &last->attempt, &why);
	if ((gone && !a->cancelled) || a->detached)
		return;
	if (a->encoder == NULL)
		exchange_fail(x, &why);
	else
		chat_stream_fail(&r->stream, &why);
}

/* Others delete them. A turn that could not be closed has not noted them. */
static void leave_chats(struct relay *r)
{
	const struct job *j = &r->job;
	struct abandoned_chat *made = made_chats_list(&r->choices.made);
	struct error ignored;

	if (made != NULL && !made->released)
		store_abandoned_chats_release(j->store, made, &ignored);
	if (made != NULL || r->recorder.turn.bookmark.chat != NULL)
		chat_sweeper_wake(j->x->sweeper, j->x->app, j->caller);
}

/* The client has its reply by now; Kimi may be slow. */
static void clean_up(struct relay *r)
{
	const struct job *j = &r->job;

	exchange_finish(j->x);
	leave_chats(r);
	cleanup_files(&r->cleanup, j->x, j->caller, j->store);
	j->x->http->watch = NULL;
}
