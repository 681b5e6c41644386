/* SPDX-License-Identifier: MIT */
/* One try of a credential. */
#include "app/relay/try_internal.h"

#include <string.h>

#include "app/access_token.h"
#include "app/relay/service_call.h"
#include "base/clock.h"
#include "base/secret.h"
#include "emulate/emulate.h"
#include "upstream/upstream.h"

/* --- How it went --- */

/* Milliseconds after the request came. 0: never, which is -1. */
static int64_t since(const struct attempt *t, int64_t ms)
{
	return ms == 0 ? -1 : ms - t->job->x->started_ms;
}

static void note_start(struct attempt *t)
{
	struct store_attempt *a = arena_alloc(t->job->x->arena, sizeof(*a));

	*a = (struct store_attempt){
		.next = t->tries,
		.choice = t->choice,
		.credential = t->credential->label,
		.service = t->credential->upstream->name,
		.queued_ms = since(t, t->queued_ms),
		.began_ms = since(t, clock_ms()),
		.first_token_ms = -1,
	};
	t->tries = a;
	t->queued_ms = 0;
	t->asked = (struct upstream_asked){ 0 };
}

static void note_end(struct attempt *t)
{
	const struct http_trace *trace = &t->asked.trace;
	struct store_attempt *a = t->tries;

	a->host = t->asked.host;
	a->lookup_ms = since(t, trace->lookup_ms);
	a->connect_ms = since(t, trace->connect_ms);
	a->tls_ms = since(t, trace->tls_ms);
	a->first_byte_ms = since(t, trace->first_byte_ms);
	a->http_status = (int)trace->status;
	a->end_ms = since(t, clock_ms());
}

static void note_failure(struct attempt *t)
{
	struct store_attempt *a = t->tries;
	char *words = arena_copy(t->job->x->arena, t->error->message);

	note_end(t);
	secret_redact(words);
	if (t->error->status != 0)
		a->http_status = t->error->status;
	a->error_kind = error_name(t->error->kind);
	a->words = *words == '\0' ? NULL : words;
}

void try_begun(struct attempt *t)
{
	t->job->x->http->start_by_ms = 0;
	t->asked.begun = true;
	t->tries->first_token_ms = since(t, clock_ms());
}

void try_done(struct attempt *t)
{
	note_end(t);
}

/* --- The try --- */

static void restart_stream(struct attempt *t)
{
	struct chat_stream *s = t->stream;

	chat_stream_init(s, s->arena, s->on_event, s->ctx);
	s->one_call = t->job->request->one_call;
}

/* One reply of the service into the stream, and its end once it is whole. */
static bool run_once(struct attempt *t, struct service_call *c)
{
	bool done;

	restart_stream(t);
	done = emulate_run(&c->call, t->job->request, t->stream);
	if (!done)
		service_call_redact(c);
	else
		done = chat_stream_end(t->stream, t->error) ||
		       upstream_stopped(&c->call, t->stream);
	return done;
}

static void on_chat(void *ctx, const char *chat)
{
	const struct attempt *t = ctx;

	made_chats_add(t->made, t->job->x->arena, t->credential, chat);
}

/* An access token that Kimi refuses is renewed once. */
static bool ask_with_token(struct attempt *t)
{
	const struct job *j = t->job;
	struct service_call c;

	service_call_init(&c, j->x, j->store, t->credential, t->error);
	c.call.model = &j->model;
	c.call.chances = &t->chances;
	c.call.asked = &t->asked;
	c.call.on_chat = on_chat;
	c.call.chat_ctx = t;
	job_debug(j, "try", t->credential->label);
	if (!access_token_obtain(j->store, t->credential, NULL, &c.call))
		return false;
	if (run_once(t, &c))
		return true;
	job_debug(j, "failed", exchange_loggable(j->x, t->error));
	if (t->error->kind != ERROR_CREDENTIAL || t->stream->started ||
	    t->credential->upstream->renew == NULL ||
	    !upstream_has_chance(&c.call))
		return false;
	return access_token_obtain(j->store, t->credential, c.call.bearer,
				   &c.call) &&
	       run_once(t, &c);
}

/* What fails before Kimi is asked for the reply, a renewal or a file, counts as
 * one request, too. */
static bool ask(struct attempt *t)
{
	unsigned before = t->chances;

	note_start(t);
	if (ask_with_token(t))
		return true;
	note_failure(t);
	if (t->chances == before && before > 0)
		t->chances--;
	return false;
}

/*
 * The conversation's chat is continued if this credential created it, the
 * client did not change earlier messages, and there are new ones. Otherwise
 * Kimi gets the whole conversation.
 */
static void set_bookmark(struct attempt *t)
{
	const struct store_turn *turn = t->turn;
	struct chat_request *q = t->job->request;

	q->bookmark = (struct chat_bookmark){ 0 };
	if ((t->job->model.upstream->features & UPSTREAM_CHATS) &&
	    !turn->ephemeral && !t->job->differs &&
	    turn->bookmark.chat != NULL && turn->credential != NULL &&
	    strcmp(turn->credential, t->credential->fingerprint) == 0 &&
	    t->history->kept == turn->n_messages &&
	    q->n_messages > turn->n_messages) {
		q->bookmark = turn->bookmark;
		t->chat_touched = true;
	}
}

/* If the chat is gone or closed, starts a new one with the same credential. */
bool try_credential(struct attempt *t)
{
	struct chat_request *q = t->job->request;

	set_bookmark(t);
	if (ask(t))
		return true;
	if (q->bookmark.chat == NULL || t->stream->started || t->chances == 0 ||
	    (t->error->kind != ERROR_CHAT_GONE &&
	     t->error->kind != ERROR_FORBIDDEN))
		return false;
	job_debug(t->job, "rebuild", "the chat at Kimi is gone");
	q->bookmark = (struct chat_bookmark){ 0 };
	return ask(t);
}
