/* SPDX-License-Identifier: MIT */
/* One try of a credential. */
#include "app/relay/try_internal.h"

#include <string.h>

#include "app/access_token.h"
#include "app/relay/service_call.h"
#include "emulate/emulate.h"
#include "upstream/upstream.h"

void try_begun(struct attempt *t)
{
	t->job->x->http->start_by_ms = 0;
	t->asked.begun = true;
}

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

	t->asked = (struct upstream_asked){ 0 };
	if (ask_with_token(t))
		return true;
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
