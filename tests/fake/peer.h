/* SPDX-License-Identifier: MIT */
#ifndef FAKE_PEER_H
#define FAKE_PEER_H

#include <stdbool.h>
#include <stdint.h>

/* Monotonic time, and the time of day, in microseconds. */
int64_t clock_us(void);
int64_t clock_day_us(void);

/* Sleeps until that monotonic time; false, at once, when the peer of the
 * socket closes first. */
bool peer_wait(int fd, int64_t until_us);

#endif
