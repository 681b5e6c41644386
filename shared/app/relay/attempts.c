/* SPDX-License-Identifier: MIT */
/* Which credential answers: one after the other, in turn with others. */
#include "app/relay/relay_internal.h"

#include <string.h>

#include "app/relay/access_token.h"
#include "app/relay/service_call.h"
#include "app/relay/candidates.h"
#include "app/relay/error_precedence.h"
#include "base/clock.h"
#include "store/slots.h"
#include "upstream/cooldown.h"
#include "upstream/upstream.h"

#define QUEUE_STEP_MS 100
#define RETRY_MS 1000

struct chat_bookmark relay_place(const struct relay *r)
{
	const struct chat_bookmark none = { 0 };

	return r->reshaped ? none : chat_stream_place(&r->stream);
}

/* The chat of this attempt, unless the conversation goes on in it. */
static void note_cleanup(struct relay *r, bool done)
{
	const char *chat = r->stream.bookmark.chat;
	const char *known = r->request->bookmark.chat;

	if (chat == NULL || (known != NULL && strcmp(chat, known) == 0))
		return;
	if (!done || r->turn.conversation == NULL || r->turn.ephemeral ||
	    relay_place(r).chat == NULL)
		cleanup_add_chat(&r->cleanup, r->x->arena, r->credential, chat);
}

/* One answer of the service into the stream, recorded when it is whole. */
static bool run_once(struct relay *r, struct upstream_call *call)
{
	bool done;

	chat_stream_init(&r->stream, r->x->arena, relay_on_event, r);
	r->stream.one_call = r->request->one_call;
	chat_reply_clear(&r->reply);
	done = upstream_run(call, r->request, &r->stream);
	if (!done) {
		secret_redact_word(r->error.message, call->bearer);
		secret_redact_word(r->error.message, r->credential->secret);
	} else {
		/* What it means when the end is wanted by nobody. */
		error_set(&r->error, ERROR_CLIENT_GONE, "The client left.");
		done = chat_stream_end(&r->stream, &r->error);
	}
	note_cleanup(r, done);
	return done;
}

/* One credential; a refused access token is renewed once. */
static bool try_credential(struct relay *r)
{
	struct service_call c;

	service_call_init(&c, r->x, r->store, r->credential, &r->error);
	c.call.model = &r->model;
	relay_debug(r, "try", r->credential->label);
	if (!access_token_obtain(r->store, r->credential, NULL, &c.call))
		return false;
	if (run_once(r, &c.call))
		return true;
	relay_debug(r, "failed", exchange_loggable(r->x, &r->error));
	if (r->error.kind != ERROR_CREDENTIAL || r->stream.started ||
	    r->credential->upstream->renew == NULL)
		return false;
	return access_token_obtain(r->store, r->credential, c.call.bearer,
				   &c.call) &&
	       run_once(r, &c.call);
}

/*
 * The chat that the conversation was in goes on if this credential made it,
 * the client did not rewrite the past, and something is new; else the context
 * is told anew.
 */
static void set_bookmark(struct relay *r)
{
	const struct store_turn *t = &r->turn;

	r->request->bookmark = (struct chat_bookmark){ 0 };
	if ((r->model.upstream->features & UPSTREAM_CHATS) && !t->ephemeral &&
	    !r->reshaped && t->bookmark.chat != NULL && t->credential != NULL &&
	    strcmp(t->credential, r->credential->fingerprint) == 0 &&
	    r->history.kept == t->n_messages &&
	    r->request->n_messages > t->n_messages) {
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
	relay_debug(r, "rebuild", "the chat at Kimi is gone");
	r->request->bookmark = (struct chat_bookmark){ 0 };
	return try_credential(r);
}

/* A service may allow only so many requests at once. */
static bool take_slot(struct relay *r, bool *taken)
{
	const struct upstream *u = r->credential->upstream;
	int64_t max = u->streams == NULL ? 0 : u->streams(&r->x->app->config);

	*taken = true;
	if (max == 0)
		return true;
	if (!store_slot_take(r->store, r->credential->fingerprint, max,
			     &r->slot, &r->error))
		return false;
	*taken = r->slot != 0;
	return true;
}

static void give_slot(struct relay *r)
{
	struct error ignored;

	if (r->slot != 0)
		store_slot_release(r->store, r->slot, &ignored);
	r->slot = 0;
}

/* The credentials of a request, and how far it is with them. */
struct round {
	struct candidates candidates;
	bool *failed;  /* one each */
	int *retries;  /* likewise: how often to try it again, in all */
	size_t busy;   /* of them, in use by other requests */
	bool waited;   /* for one of those */
	int n_retries; /* rounds after the first */
	struct error worst;
	int64_t give_up_ms; /* waiting for those in use */
};

enum outcome { ANSWERED, FAILED, GO_ON };

static enum outcome pass_over(struct round *n, size_t i,
			      const struct error *why)
{
	n->failed[i] = true;
	n->retries[i] = why->retries;
	error_precedence_apply(&n->worst, why);
	return GO_ON;
}

/* One credential that has not failed yet. */
static enum outcome try_one(struct relay *r, struct round *n, size_t i)
{
	bool taken;

	r->credential = n->candidates.list[i];
	if (!take_slot(r, &taken))
		return FAILED;
	if (!taken) {
		n->busy++;
		return GO_ON;
	}
	if (n->waited && !candidates_available(&n->candidates, i, &r->error)) {
		give_slot(r);
		return pass_over(n, i, &r->error);
	}
	if (try_with_bookmark(r))
		return ANSWERED;
	if (cooldown_of(r->error.kind) == COOLDOWN_NONE) {
		give_slot(r);
		return FAILED;
	}
	if (r->error.retry_after_ms > RETRY_MS)
		r->error.retries = 0; /* Kimi wants to be left alone longer */
	/* In this order: who takes the place must know. */
	candidates_cool_down(r->store, r->credential, &r->error);
	give_slot(r);
	return r->stream.started ? FAILED : pass_over(n, i, &r->error);
}

static bool wait_for(struct relay *r, int64_t ms)
{
	int64_t until = clock_ms() + ms, left;

	while ((left = until - clock_ms()) > 0)
		if (!http_client_wait(r->x->http, left, &r->error))
			return false;
	return true;
}

/* Whether there is one that may do better the next time. */
static bool begin_retry(struct round *n)
{
	bool any = false;

	for (size_t i = 0; i < n->candidates.n; i++) {
		n->failed[i] = n->retries[i] <= n->n_retries;
		any = any || !n->failed[i];
	}
	n->n_retries++;
	return any;
}

/* What to do when nobody answered: wait for one in use, or try again soon. */
static bool pause_round(struct relay *r, struct round *n)
{
	int64_t pause = n->busy > 0 ? QUEUE_STEP_MS : RETRY_MS;

	if (n->busy > 0 && clock_ms() >= n->give_up_ms) {
		error_set(&r->error, ERROR_RATE_LIMIT,
			  "All credentials for this model are in use: try "
			  "again soon (settings KIMI_QUEUE, KIMI_*_STREAMS).");
		r->error.retry_after_ms = RETRY_MS;
		return false;
	}
	n->waited = n->busy > 0; /* else it is our own failure that they rest */
	if (n->busy == 0) {
		r->error = n->worst;
		if (!begin_retry(n))
			return false;
		relay_debug(r, "again", exchange_loggable(r->x, &n->worst));
	}
	return wait_for(r, pause);
}

static bool try_all(struct relay *r, struct round *n)
{
	do {
		n->busy = 0;
		for (size_t i = 0; i < n->candidates.n; i++) {
			enum outcome o = n->failed[i] ? GO_ON :
							try_one(r, n, i);

			if (o != GO_ON)
				return o == ANSWERED;
		}
	} while (pause_round(r, n));
	return false;
}

bool relay_attempt(struct relay *r)
{
	struct round n = { .give_up_ms =
				   clock_ms() + r->x->app->config.queue_ms };

	candidates_init(&n.candidates, r->store, r->x->arena);
	if (!candidates_find(&n.candidates, r->caller, r->model.upstream,
			     r->turn.credential, &r->error))
		return false;
	n.failed = arena_array(r->x->arena, n.candidates.n, sizeof(bool));
	n.retries = arena_array(r->x->arena, n.candidates.n, sizeof(int));
	n.worst = n.candidates.none;
	return try_all(r, &n);
}

/*
 * The kept chat is left behind when the conversation went on in another one,
 * or when it may hold a turn that failed or more than was answered.
 */
static bool leaves_chat(const struct relay *r, bool done)
{
	const struct store_turn *t = &r->turn;
	const char *now = relay_place(r).chat;
	const char *kept = t->bookmark.chat;

	if (kept == NULL || t->credential == NULL)
		return false;
	if (!done || t->ephemeral)
		return r->chat_touched;
	return now == NULL || strcmp(now, kept) != 0;
}

void relay_note_abandoned(struct relay *r, bool done)
{
	const struct store_turn *t = &r->turn;

	if (!leaves_chat(r, done))
		return;
	for (size_t i = 0; i < r->caller->n_credentials; i++) {
		const struct credential *c = &r->caller->credentials[i];

		if (strcmp(c->fingerprint, t->credential) == 0)
			cleanup_add_chat(&r->cleanup, r->x->arena, c,
					 t->bookmark.chat);
	}
}
