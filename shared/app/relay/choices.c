/* SPDX-License-Identifier: MIT */
/* The replies that a request asks for. */
#include "app/relay/choices_internal.h"

static enum flow on_event(void *ctx, const struct chat_event *event)
{
	struct choice *c = ctx;

	if (event->kind == CHAT_START)
		try_begun(&c->attempt);
	else if (event->kind == CHAT_FINISH)
		try_done(&c->attempt);
	return c->all->on_event(c->all->ctx, c, event);
}

void choices_init(struct choices *cs)
{
	struct arena *a = cs->job->x->arena;

	cs->made.wake_fd = -1;
	cs->n = chat_choices(cs->job->request);
	cs->list = arena_array(a, cs->n, sizeof(*cs->list));
	for (size_t i = 0; i < cs->n; i++) {
		struct choice *c = &cs->list[i];

		c->all = cs;
		c->index = (unsigned)i;
		c->attempt = (struct attempt){
			.job = cs->job,
			.stream = &c->stream,
			.turn = cs->turn,
			.history = cs->history,
			.made = &cs->made,
			.error = &c->error,
			.choice = (unsigned)i,
		};
		chat_stream_init(&c->stream, a, on_event, c);
	}
}

bool choices_run_only(struct choices *cs, struct error *e)
{
	struct choice *only = cs->list;

	if (attempt_run(&only->attempt))
		return true;
	cs->failed = only;
	*e = only->error;
	return false;
}

void choices_renew_slot(const struct choices *cs)
{
	if (cs->n == 1)
		attempt_renew_slot(&cs->list->attempt);
}
