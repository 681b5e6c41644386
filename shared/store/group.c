/* SPDX-License-Identifier: MIT */
/* Threads that wait for the same commit. */
#include "store/group_internal.h"

#include <errno.h>
#include <semaphore.h>
#include <time.h>

#include "base/clock.h"

/* The first one waits until the last one is done. */
#define MOST 32

/* Whoever was to come may have lost its patience. */
#define LOOK_MS 10

enum state { STATE_OPEN, STATE_COMMITTED, STATE_LOST };

struct group_member {
	struct group_member *next;
	sem_t ended;
	atomic_int state;
};

bool group_is_awaited(struct group *g)
{
	return atomic_load(&g->coming) > 0 && g->n < MOST;
}

static bool wait_for_end(struct group_member *m)
{
	int64_t until = clock_ms() + LOOK_MS;
	const struct timespec t = { until / 1000, until % 1000 * 1000000 };
	int code;

	do
		code = sem_clockwait(&m->ended, CLOCK_MONOTONIC, &t);
	while (code != 0 && errno == EINTR);
	return code == 0;
}

bool group_wait(struct group *g, void (*unlock)(void *ctx),
		void (*look)(void *ctx), void *ctx)
{
	struct group_member m = { .next = g->members, .state = STATE_OPEN };

	sem_init(&m.ended, 0, 0);
	g->open = true;
	g->n++;
	g->members = &m;
	unlock(ctx);
	while (!wait_for_end(&m))
		look(ctx);
	sem_destroy(&m.ended);
	return atomic_load(&m.state) == STATE_COMMITTED;
}

void group_end(struct group *g, bool committed)
{
	struct group_member *m = g->members;

	g->open = false;
	g->n = 0;
	g->members = NULL;
	while (m != NULL) {
		struct group_member *next = m->next;

		atomic_store(&m->state,
			     committed ? STATE_COMMITTED : STATE_LOST);
		sem_post(&m->ended); /* from here on it may be gone */
		m = next;
	}
}
