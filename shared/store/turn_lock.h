/* SPDX-License-Identifier: MIT */
#ifndef STORE_TURN_LOCK_H
#define STORE_TURN_LOCK_H

/*
 * A conversation has one turn at a time. The row of the running request is the
 * lock: a second turn finds it and is refused with ERROR_BUSY until the first
 * has ended. The lock is a lease: that of a process that was killed is free at
 * once, that of one that was stopped at its end.
 */

/* How long a running request holds its conversation, or its slot of a
 * credential, without renewing: less than others wait for it (KIMI_QUEUE); and
 * when a renewal is due. Milliseconds. */
#define TURN_LEASE_MS 25000
#define TURN_RENEW_MS 10000

#endif
