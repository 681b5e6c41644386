/* SPDX-License-Identifier: MIT */
#ifndef STORE_RUNNING_H
#define STORE_RUNNING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "chat/chat.h"
#include "store/turns.h"

/*
 * What is known of a running request, for the case that its process is killed:
 * who asked, and what Kimi has replied so far. It is written to memory that
 * outlives the process (running_file_internal.h), which costs no system call,
 * and read by the next process (interrupted_internal.h), which closes the
 * request in its place. Of ephemeral requests only the length of the reply is
 * noted.
 *
 * One thread at a time. All of these do nothing for NULL.
 */
struct store_running;

/* Begins to note a turn, in the arena; NULL where that is impossible: then the
 * request needs a row while it runs. */
struct store_running *store_running_begin(struct store *s,
					  const struct store_turn *t,
					  struct arena *a);

/* Who is asked, and how much: NULL and 0 while that is unknown. */
struct store_asked {
	int64_t prompt_tokens;
	const char *credential;	      /* its label */
	const char *service, *region; /* as in struct store_outcome */
};

/* What else became known; the caller and the dialect stay. */
void store_running_set(struct store_running *r, const struct store_turn *t,
		       const struct store_asked *asked);

void store_running_event(struct store_running *r,
			 const struct chat_event *event);

/* Forgets it, since its end is recorded. If not, the next transaction closes
 * what is noted of it. */
void store_running_end(struct store_running *r, bool recorded);

#endif
