/* SPDX-License-Identifier: MIT */
#ifndef STORE_SLOT_WAIT_INTERNAL_H
#define STORE_SLOT_WAIT_INTERNAL_H

#include <pthread.h>

#include "store/slot_wait.h"

/*
 * Private to the store: the requests of this process that wait for a slot, and
 * how they learn that there may be one. Whoever gives back a slot that somebody
 * waits for wakes those of its process, and touches the file of lease owners,
 * which the others watch.
 */
struct slot_waits {
	pthread_mutex_t lock;
	char *path;		 /* of that file */
	int watch_fd;		 /* inotify; -1: not yet, or there is none */
	struct slot_wait *first; /* by their tickets */
};

void slot_waits_init(struct slot_waits *q, const char *path);

/* Does nothing if it was not initialized. */
void slot_waits_fini(struct slot_waits *q);

/* A slot was freed. */
void slot_waits_wake(struct slot_waits *q);

/* Who waits, from its first ticket on. */
void slot_waits_join(struct slot_waits *q, struct slot_wait *w);
void slot_waits_leave(struct slot_waits *q, const struct slot_wait *w);

/* Takes note of what woke it, for others as well: before it looks. */
void slot_waits_hear(struct slot_waits *q, const struct slot_wait *w);

#endif
