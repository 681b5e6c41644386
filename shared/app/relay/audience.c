/* SPDX-License-Identifier: MIT */
/* Who receives the reply: the client, or those who ask for it later. */
#include "app/relay/audience_internal.h"

#include "base/clock.h"
#include "base/text.h"
#include "store/stream_log.h"
#include "tokens/usage.h"

/* How often to look for readers of the log, and how recent they must be. */
#define READER_STEP_MS 500
#define READER_MS 3000

void audience_init(struct audience *a, const struct job *j,
		   struct http_watch *watch, bool resumable)
{
	*a = (struct audience){
		.job = j,
		.watch = watch,
		.resumable = resumable,
		.finishes = text_same(j->caller->key.on_disconnect, "finish"),
	};
	a->head = (struct dialect_envelope){
		.id = j->id,
		.created = j->accepted_ms / 1000,
		.model = j->request->model,
		.include_usage = j->request->include_usage,
		.request = j->request,
		.body = j->x->body,
		.after = -1,
	};
	keep_alive_init(&a->keep_alive, j->x->app->config.keepalive_ms);
}

/* A copy, made only now: until then the gateway itself may cease to watch. A CGI
 * program that goes on does so until the web server kills it. */
static void unwatch_client(struct audience *a)
{
	a->left_ms = clock_ms();
	a->alone = *a->job->x->gateway;
	a->alone.watch[0].fd = -1;
	if (a->alone.detach == NULL)
		a->alone.watch[1].fd = -1;
	a->alone.client = NULL;
	a->watch->gateway = &a->alone;
}

void audience_detach(struct audience *a)
{
	struct exchange *x = a->job->x;

	x->dialect->accepted(x->arena, &a->head, &x->response);
	x->gateway->detach(x->gateway->ctx);
	x->finished = a->detached = true;
	x->sink.broken = true; /* nothing can be written after it */
	unwatch_client(a);
}

void audience_open(struct audience *a)
{
	const struct job *j = a->job;
	const struct dialect *d = j->x->dialect;
	const struct chat_request *q = j->request;

	if (!q->stream)
		return;
	if (d->tells_prompt)
		a->head.prompt_tokens =
			tokens_count_prompt(app_tokens(j->x->app),
					    template_of(j->model.name, q), q)
				.n;
	a->encoder = d->encoder(j->x->arena, &a->head, &j->x->response);
}

/* The time is looked at once for all that was written since the last flush. */
static bool flush(struct audience *a)
{
	struct exchange *x = a->job->x;

	keep_alive_wrote(&a->keep_alive, &x->sink);
	return response_flush(&x->response);
}

bool audience_send(struct audience *a, const struct chat_event *event)
{
	struct exchange *x = a->job->x;
	bool first = event->kind == CHAT_DELTA && !a->has_content;

	if (a->encoder != NULL && !x->sink.broken)
		x->dialect->event(a->encoder, event);
	if (x->sink.broken && !audience_leave(a))
		return false;
	/* The first content is sent at once, later content in batches. */
	if (first)
		flush(a);
	a->has_content = a->has_content || first;
	return true;
}

bool audience_flush(struct audience *a)
{
	return a->encoder == NULL || flush(a) || audience_leave(a);
}

int64_t audience_keep_alive_in(const struct audience *a, int64_t now)
{
	if (a->encoder == NULL || a->job->x->sink.broken)
		return INT64_MAX;
	return keep_alive_due_in(&a->keep_alive, now);
}

/* Whether somebody may still come for it. */
static bool is_resumable(const struct audience *a)
{
	const struct job *j = a->job;

	return a->resumable && j->x->gateway->detach != NULL &&
	       (j->request->background || j->x->app->config.resume_ms > 0);
}

bool audience_leave(struct audience *a)
{
	const struct job *j = a->job;

	if (a->left_ms != 0)
		return true;
	if (!a->finishes && !is_resumable(a))
		return false;
	job_debug(j, "left", "the client left, the reply continues");
	unwatch_client(a);
	return true;
}

/* Whether the client is there, or somebody who resumed the stream is or may
 * still come. */
static bool has_reader(struct audience *a, int64_t row, int64_t now)
{
	const struct job *j = a->job;
	bool read = true;
	struct error e;

	if (a->left_ms == 0 || a->finishes || j->request->background ||
	    now < a->left_ms + j->x->app->config.resume_ms ||
	    now < a->looked_ms + READER_STEP_MS)
		return true;
	a->looked_ms = now;
	return store_stream_log_is_read(j->store, row, READER_MS, &read, &e) &&
	       read;
}

bool audience_waits(struct audience *a, int64_t row, int64_t now)
{
	if (a->cancelled || (a->job->x->sink.broken && !audience_leave(a)))
		return false;
	return has_reader(a, row, now);
}

void audience_cancel(struct audience *a)
{
	a->cancelled = true;
}

void audience_note_end(struct audience *a, int64_t completed)
{
	a->head.completed = completed;
	a->resumable = a->finishes = false;
}

void audience_finish(struct audience *a, const struct chat_reply *reply,
		     const struct server_timing *timing)
{
	struct exchange *x = a->job->x;

	if (a->detached)
		return;
	if (a->encoder != NULL) {
		response_flush(&x->response);
		return;
	}
	server_timing_put(x->arena, &x->response, timing);
	x->dialect->reply(x->arena, &a->head, &x->response, reply);
}
