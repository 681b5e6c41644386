/* SPDX-License-Identifier: MIT */
#ifndef STORE_SLOT_QUEUE_H
#define STORE_SLOT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "store/slot_wait.h"
#include "store/store.h"

/*
 * Requests that wait for a slot (slots.h): first come, first served, over all
 * processes that share the file. One that may run with several credentials
 * stands in the line of each, and takes the first slot that it gets. Its place
 * in a line is a slot that it may not use yet; as such it has to be renewed.
 */

/* Gets in line. True even if nobody can wake it: so look every now and then,
 * also for slots of processes that were killed. */
bool store_slot_wait_begin(struct store *s, struct slot_wait *w,
			   struct error *e);

/* `*got` is the line whose slot may be used now; w->n: none yet. */
bool store_slot_wait_look(struct store *s, struct slot_wait *w, size_t *got,
			  struct error *e);

/* Leaves all lines but `got`. */
void store_slot_wait_end(struct store *s, struct slot_wait *w, size_t got);

#endif
