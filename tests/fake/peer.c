/* SPDX-License-Identifier: MIT */
/* Clocks, and sleeping with an eye on the client's connection. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <poll.h>
#include <time.h>

#include "peer.h"

static int64_t clock_read(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_us(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

int64_t clock_day_us(void)
{
	return clock_read(CLOCK_REALTIME);
}

bool peer_wait(int fd, int64_t until_us)
{
	struct pollfd watch = { .fd = fd, .events = POLLRDHUP };

	for (;;) {
		int64_t left = until_us - clock_us();
		struct timespec t;
		int n;

		if (left <= 0)
			return true;
		t.tv_sec = left / 1000000;
		t.tv_nsec = left % 1000000 * 1000;
		n = ppoll(&watch, 1, &t, NULL);
		if (n > 0 || (n < 0 && errno != EINTR))
			return false;
	}
}
