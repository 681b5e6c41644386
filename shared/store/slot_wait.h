/* SPDX-License-Identifier: MIT */
#ifndef STORE_SLOT_WAIT_H
#define STORE_SLOT_WAIT_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

/* Where a request waits for a slot (slot_queue.h). */
struct slot_line {
	const char *credential; /* fingerprint */
	int64_t max;		/* as in store_slot_take */
	int64_t ticket;		/* the slot's number, once in line */
};

#define SLOT_WAIT_FDS 2

struct slot_wait {
	struct slot_line *lines; /* filled by the caller */
	size_t n;

	struct pollfd fds[SLOT_WAIT_FDS]; /* one is ready: look again */
	struct slot_wait *next;		  /* private */
};

#endif
