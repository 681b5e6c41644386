/* SPDX-License-Identifier: MIT */
#ifndef STORE_RUNNING_READ_INTERNAL_H
#define STORE_RUNNING_READ_INTERNAL_H

#include "chat/reply.h"
#include "store/running_file_internal.h"
#include "store/turns.h"

/* Private to the store: whether a request of the key with this fingerprint is
 * noted that still runs. */
bool running_any_of(struct running_file *f, const char *fingerprint);

/* Private to the store: how many requests are noted that still run. */
int64_t running_count(struct running_file *f);

/* Private to the store: what was noted of a request that runs no more. */
struct running_note {
	struct store_turn turn; /* without its rows; `store_as` if it has one */
	struct chat_reply *replies; /* all that began, partial; or NULL */
	struct chat_usage usage;    /* estimated; of none if none began */
	/* Who was asked last, or NULL: see struct store_outcome. */
	const char *credential, *service, *region;
};

/* Reads the note that begins in this block of a dead process, into the arena.
 * False if none does. */
bool running_read(struct running_file *f, uint32_t first,
		  struct running_note *note, struct arena *a);

#endif
