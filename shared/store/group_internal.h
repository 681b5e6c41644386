/* SPDX-License-Identifier: MIT */
#ifndef STORE_GROUP_INTERNAL_H
#define STORE_GROUP_INTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Private to the store: transactions of threads that meet share one commit. A
 * thread whose work is done while others wait for the connection leaves the
 * transaction open for them, and waits; the last one commits for all. A thread
 * that meets nobody commits at once.
 */
struct group {
	atomic_int coming; /* wait for the connection, and would join */

	/* With the lock of the connection: */
	bool open; /* a transaction that was left open */
	size_t n;  /* those who left it open */
	struct group_member *members;
};

/* Whether whoever has the connection may leave its transaction open. */
bool group_is_awaited(struct group *g);

/*
 * Gives the connection back by `unlock` with the transaction open, and waits
 * for the end of it: true if it was committed, false if it was rolled back.
 * Whenever nobody seems to come, `look` is called.
 */
bool group_wait(struct group *g, void (*unlock)(void *ctx),
		void (*look)(void *ctx), void *ctx);

/* The transaction has ended; with the lock. */
void group_end(struct group *g, bool committed);

#endif
