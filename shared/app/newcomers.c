/* SPDX-License-Identifier: MIT */
/* Credentials that Kimi has not accepted, as a process remembers them. */
#include "app/newcomers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/thread.h"

#define REFUSED_MS 60000
#define MAX_ASKING 4
#define MAX_WAITING 256
#define RETRY_MS 2000

void newcomers_init(struct newcomers *n)
{
	pthread_mutex_init(&n->lock, NULL);
	thread_condition_init(&n->left);
}

void newcomers_fini(struct newcomers *n)
{
	pthread_cond_destroy(&n->left);
	pthread_mutex_destroy(&n->lock);
	free(n->refused);
}

bool newcomers_refused(struct newcomers *n, const char *fingerprint,
		       struct error *e)
{
	int64_t now = clock_ms();
	bool found = false;

	pthread_mutex_lock(&n->lock);
	for (size_t i = 0;
	     n->refused != NULL && i < NEWCOMERS_REFUSED && !found; i++) {
		found = n->refused[i].until_ms > now &&
			strcmp(n->refused[i].fingerprint, fingerprint) == 0;
		if (found)
			*e = n->refused[i].why;
	}
	pthread_mutex_unlock(&n->lock);
	return found;
}

void newcomers_refuse(struct newcomers *n, const char *fingerprint, int64_t ms,
		      const struct error *why)
{
	size_t i;

	pthread_mutex_lock(&n->lock);
	if (n->refused == NULL)
		n->refused = calloc(NEWCOMERS_REFUSED, sizeof(*n->refused));
	if (n->refused == NULL)
		abort();
	i = n->next++ % NEWCOMERS_REFUSED;
	n->refused[i].until_ms =
		clock_ms() + (ms < REFUSED_MS ? ms : REFUSED_MS);
	n->refused[i].why = *why;
	snprintf(n->refused[i].fingerprint, FINGERPRINT_SIZE, "%s",
		 fingerprint);
	pthread_mutex_unlock(&n->lock);
}

bool newcomers_full(struct error *e)
{
	error_set(e, ERROR_FULL,
		  "Kimi is being asked about too many new credentials at once: "
		  "try again soon.");
	e->retry_after_ms = RETRY_MS;
	return false;
}

/* With the lock held; false when the time is over. */
static bool wait_for_room(struct newcomers *n, int64_t give_up_ms)
{
	n->waiting++;
	while (n->asking >= MAX_ASKING &&
	       thread_wait_until(&n->left, &n->lock, give_up_ms))
		;
	n->waiting--;
	return n->asking < MAX_ASKING;
}

bool newcomers_enter(struct newcomers *n, int64_t give_up_ms, struct error *e)
{
	bool room;

	pthread_mutex_lock(&n->lock);
	room = n->waiting < MAX_WAITING && wait_for_room(n, give_up_ms);
	n->asking += room;
	pthread_mutex_unlock(&n->lock);
	return room || newcomers_full(e);
}

void newcomers_leave(struct newcomers *n)
{
	pthread_mutex_lock(&n->lock);
	n->asking--;
	pthread_cond_signal(&n->left);
	pthread_mutex_unlock(&n->lock);
}
