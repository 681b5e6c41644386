/* SPDX-License-Identifier: MIT */
/* Requests that wait for a credential which serves only so many at once. */
#include "app/relay/slot_turn_internal.h"

#include "base/clock.h"
#include "store/slot_queue.h"
#include "store/slots.h"
#include "store/turn_lock.h"
#include "upstream/upstream.h"

/* Nobody tells of a slot whose process was killed. */
#define LOOK_MS 250
#define RETRY_MS 1000

int64_t slot_turn_max(const struct job *j, const struct credential *c)
{
	const struct upstream *u = c->upstream;

	return u->slots == NULL ? 0 : u->slots(&j->x->app->config);
}

static bool give_up(struct error *e)
{
	error_set(e, ERROR_RATE_LIMIT,
		  "All credentials for this model are in use: try again soon. "
		  "(Settings: KIMI_QUEUE, KIMI_*_STREAMS.)");
	e->retry_after_ms = RETRY_MS;
	return false;
}

/* They will be given back. */
static bool others_have_slots(const struct slot_turn *t)
{
	return t->others != NULL && atomic_load(t->others) > 0;
}

static void renew(const struct slot_turn *t, const struct slot_wait *w)
{
	struct error ignored;

	for (size_t i = 0; i < w->n; i++)
		store_slot_renew(t->job->store, w->lines[i].ticket, &ignored);
}

static bool wait_in_line(struct slot_turn *t, struct slot_wait *w,
			 struct error *e)
{
	const struct job *j = t->job;
	int64_t now = clock_ms(), renew_ms = now + TURN_RENEW_MS, left;

	for (;; now = clock_ms()) {
		if (!store_slot_wait_look(j->store, w, &t->got, e))
			return false;
		if (t->got < w->n)
			return true;
		if (others_have_slots(t))
			t->give_up_ms = now + j->x->app->config.queue_ms;
		left = t->give_up_ms - now;
		if (left <= 0)
			return give_up(e);
		if (now >= renew_ms) {
			renew(t, w);
			renew_ms = now + TURN_RENEW_MS;
		}
		if (!http_client_wait_also(j->x->http, w->fds, SLOT_WAIT_FDS,
					   left < LOOK_MS ? left : LOOK_MS, e))
			return false;
	}
}

bool slot_turn_wait(struct slot_turn *t, struct error *e)
{
	const struct job *j = t->job;
	struct slot_wait w = { .n = t->n };
	bool ok;

	if (!others_have_slots(t) && clock_ms() >= t->give_up_ms)
		return give_up(e);
	w.lines = arena_array(j->x->arena, t->n, sizeof(*w.lines));
	for (size_t i = 0; i < t->n; i++) {
		w.lines[i].credential = t->credentials[i]->fingerprint;
		w.lines[i].max = slot_turn_max(j, t->credentials[i]);
	}
	if (!store_slot_wait_begin(j->store, &w, e))
		return false;
	ok = wait_in_line(t, &w, e);
	store_slot_wait_end(j->store, &w, ok ? t->got : t->n);
	if (ok)
		t->slot = w.lines[t->got].ticket;
	return ok;
}
