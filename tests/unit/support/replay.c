/* SPDX-License-Identifier: MIT */
/* A client that plays recorded answers, cut as the test wants. */
#include "tests/unit/support/replay.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tests/unit/support/skipped_time.h"
#include "tests/unit/support/test.h"

/* Lists of models: 404 unless the test has a reply for them. */
static bool is_list(const struct http_call *call)
{
	return strstr(call->url, "/models") != NULL ||
	       strstr(call->url, "/GetAvailableModels") != NULL;
}

static struct replay_answer *find_answer(struct replay *r,
					 const struct http_call *call)
{
	struct replay_answer *x = r->answers;

	while (x != NULL && x->method != NULL &&
	       ((x->used && !x->again) ||
		strcmp(x->method, call->method) != 0 ||
		strstr(call->url, x->path) == NULL))
		x++;
	if (x == NULL || x->method == NULL) {
		if (is_list(call))
			return NULL;
		fail_msg("no answer for %s %s", call->method, call->url);
	}
	return x;
}

static const char *read_source(struct arena *a, const struct http_source *s)
{
	char *bytes = arena_alloc(a, (size_t)s->size + 1);
	struct error e = { 0 };

	/* In pieces that fit nothing. */
	for (int64_t at = 0; at < s->size; at += 1000) {
		size_t n = s->size - at < 1000 ? (size_t)(s->size - at) : 1000;

		if (!s->read(s, at, bytes + at, n, &e))
			fail_msg("%s", e.message);
	}
	return bytes;
}

static const char *head_of(struct arena *a, const struct http_call *call)
{
	const char *head = call->type == NULL ? "" : call->type;

	for (size_t i = 0; call->headers != NULL && call->headers[i] != NULL;
	     i++)
		head = arena_printf(a, "%s\n%s", head, call->headers[i]);
	return arena_copy(a, head);
}

static void note_call(struct replay *r, const struct http_client *client,
		      const struct http_call *call)
{
	assert_true(r->n_calls < REPLAY_CALLS);
	r->calls[r->n_calls++] = (struct replay_call){
		.method = arena_copy(r->arena, call->method),
		.url = arena_copy(r->arena, call->url),
		.bearer = arena_copy(r->arena, call->bearer),
		.body = call->source != NULL ?
				read_source(r->arena, call->source) :
				arena_copy_n(r->arena, call->body,
					     call->body_len),
		.body_len = call->source != NULL ? (size_t)call->source->size :
						   call->body_len,
		.head = head_of(r->arena, call),
		.once = call->once,
		.in_time = client->start_by_ms > 0,
	};
}

static bool tick(const struct http_client *client, struct error *e)
{
	const struct http_watch *w = client->watch;

	return w == NULL || w->tick(w->ctx) >= 0 ||
	       error_set(e, ERROR_CLIENT_GONE, "The client left.");
}

/* One read from the upstream, and what the client does around it. */
static bool deliver(struct http_client *client, const struct http_call *call,
		    struct http_reply *reply, const char *p, size_t n,
		    struct error *e)
{
	const struct http_watch *w = client->watch;

	if (call->on_bytes == NULL || reply->status / 100 != 2) {
		buf_append(&reply->body, p, n);
	} else {
		enum flow flow = call->on_bytes(call->ctx, p, n);

		reply->stopped = flow == FLOW_STOP;
		if (flow != FLOW_CONTINUE)
			return false;
	}
	if (w != NULL)
		w->settled(w->ctx);
	return tick(client, e);
}

static bool be_silent(const struct http_client *client, int64_t ms,
		      struct error *e)
{
	if (ms == 0)
		return true;
	skipped_time_pass(ms);
	return tick(client, e);
}

/* Exact copies, so that reading past an end is seen. */
static bool deliver_copy(struct http_client *client,
			 const struct http_call *call, struct http_reply *reply,
			 const char *p, size_t n, struct error *e)
{
	char *copy = malloc(n);
	bool go_on;

	memcpy(copy, p, n);
	go_on = deliver(client, call, reply, copy, n, e);
	free(copy);
	return go_on;
}

static size_t piece(const struct replay *r, size_t from, size_t n)
{
	size_t max = n - from;

	if (r->cut > 0)
		return from == 0 && r->cut < n ? r->cut : max;
	return r->step > 0 && r->step < max ? r->step : max;
}

static struct replay_answer *take_answer(struct replay *r,
					 const struct http_client *client,
					 const struct http_call *call)
{
	struct replay_answer *x;

	pthread_mutex_lock(&r->lock);
	x = find_answer(r, call);
	if (x != NULL) {
		note_call(r, client, call);
		x->used = true;
	}
	pthread_mutex_unlock(&r->lock);
	return x;
}

static void note_stop(struct replay *r)
{
	pthread_mutex_lock(&r->lock);
	r->stopped++;
	pthread_mutex_unlock(&r->lock);
}

/* From then on it does not matter how the transfer ends. */
static bool is_usable(const struct http_call *call)
{
	return call->progress != NULL &&
	       call->progress(call->ctx) >= HTTP_USABLE;
}

static bool replay_send(struct http_client *client,
			const struct http_call *call, struct http_reply *reply,
			struct error *e)
{
	struct replay *r = client->tape;
	struct replay_answer *x = take_answer(r, client, call);
	size_t n;

	if (x == NULL) {
		reply->status = 404;
		return true;
	}
	n = x->body == NULL ? 0 : x->n;
	if (n == 0 && x->body != NULL)
		n = strlen(x->body);
	reply->unsent = x->unsent;
	if (x->unsent)
		return error_set(e, ERROR_UPSTREAM,
				 "Kimi could not be reached: replay.");
	reply->status = x->status;
	if (call->trace != NULL)
		*call->trace = (struct http_trace){ .first_byte_ms = clock_ms(),
						    .status = x->status };
	for (size_t at = 0, length; at < n; at += length) {
		length = piece(r, at, n);
		if (!be_silent(client, r->silence_ms, e) ||
		    !deliver_copy(client, call, reply, x->body + at, length,
				  e)) {
			note_stop(r);
			return reply->stopped;
		}
	}
	if (x->breaks && !is_usable(call))
		return error_set(e, ERROR_UPSTREAM,
				 "The connection to Kimi was lost: replay.");
	reply->retry_after_ms = x->retry_after_ms;
	return true;
}

void replay_attach(struct replay *r, struct http_client *client)
{
	client->send = replay_send;
	pthread_mutex_init(&r->lock, NULL);
	client->tape = r;
}

void replay_detach(struct http_client *client)
{
	http_client_init(client);
}
