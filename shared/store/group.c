/* SPDX-License-Identifier: MIT */
/* Threads that wait for the same commit. */
#include "store/group_internal.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/thread.h"

/* The first one waits until the last one is done. */
#define MOST 32

/* Whoever was to come may have lost its patience. */
#define LOOK_MS 10

enum state { STATE_OPEN, STATE_COMMITTED, STATE_LOST };

struct group_member {
	struct group_member *next;
	pthread_mutex_t lock; /* of its state */
	pthread_cond_t ended;
	enum state state;
};

bool group_is_awaited(struct group *g)
{
	return atomic_load(&g->coming) > 0 && g->n < MOST;
}

/* STATE_OPEN: not yet. */
static enum state wait_a_little(struct group_member *m)
{
	int64_t until = clock_ms() + LOOK_MS;
	enum state state;

	pthread_mutex_lock(&m->lock);
	while (m->state == STATE_OPEN &&
	       thread_wait_until(&m->ended, &m->lock, until))
		;
	state = m->state;
	pthread_mutex_unlock(&m->lock);
	return state;
}

static void join(struct group *g, struct group_member *m)
{
	m->next = g->members;
	g->members = m;
	g->n++;
	g->open = true;
}

bool group_wait(struct group *g, void (*unlock)(void *ctx),
		void (*look)(void *ctx), void *ctx)
{
	struct group_member m = { .state = STATE_OPEN };
	enum state state;

	pthread_mutex_init(&m.lock, NULL);
	thread_condition_init(&m.ended);
	join(g, &m);
	unlock(ctx);
	while ((state = wait_a_little(&m)) == STATE_OPEN)
		look(ctx);
	pthread_cond_destroy(&m.ended);
	pthread_mutex_destroy(&m.lock);
	return state == STATE_COMMITTED;
}

static void end(struct group_member *m, enum state state)
{
	pthread_mutex_lock(&m->lock);
	m->state = state;
	pthread_cond_signal(&m->ended);
	pthread_mutex_unlock(&m->lock);
}

void group_end(struct group *g, bool committed)
{
	struct group_member *m = g->members;

	g->open = false;
	g->n = 0;
	g->members = NULL;
	while (m != NULL) {
		struct group_member *next = m->next; /* it may be gone soon */

		end(m, committed ? STATE_COMMITTED : STATE_LOST);
		m = next;
	}
}
