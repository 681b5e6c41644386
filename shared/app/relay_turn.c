/* SPDX-License-Identifier: MIT */
/* The conversation that a request belongs to: taken, and joined to it. */
#include "app/relay_parts.h"

#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "chat/check.h"
#include "store/reasoning.h"
#include "upstream/upstream.h"

#define BUSY_STEP_MS 100

/* A stateless request that lasts longer gets its row before it ends. */
#define ROW_AFTER_MS 1000

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
bool relay_take_turn(struct relay *r)
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
	r->renew_ms = clock_ms() + TURN_RENEW_MS;
	return true;
}

/*
 * Clients drop the reasoning of answers; a thinking model wants it back. The
 * web services, which take one text, have no place for it.
 */
static bool recall_reasoning(struct relay *r, struct chat_message *messages)
{
	if (!(r->model.traits & MODEL_THINKS) ||
	    !(r->model.upstream->features & UPSTREAM_TOOLS))
		return true;
	return store_reasoning_fill(r->store, r->caller->fingerprint, messages,
				    r->request->n_messages, r->x->arena,
				    &r->error);
}

bool relay_join_history(struct relay *r)
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
				&r->error) &&
	       recall_reasoning(r, all);
}
