/* SPDX-License-Identifier: MIT */
/* The C library's poll and clocks, replaced in programs that test. */
#include "tests/unit/support/skipped_time.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Who sleeps less looks again and again at what another thread does, which takes
 * real time. */
#define LEAST_MS 10

static bool skips;
static atomic_llong skipped_ms, wall_ms; /* threads may skip it at once */

void skipped_time_begin(void)
{
	skips = true;
}

void skipped_time_pass(int64_t ms)
{
	skipped_ms += ms;
}

void skipped_time_set_wall(int64_t ms)
{
	wall_ms = ms;
}

static bool watches_nothing(const struct pollfd *fds, nfds_t n)
{
	for (nfds_t i = 0; i < n; i++)
		if (fds[i].fd >= 0)
			return false;
	return true;
}

int poll(struct pollfd *fds, nfds_t n, int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	if (skips && ms >= 0 && watches_nothing(fds, n)) {
		skipped_ms += ms;
		return 0;
	}
	return ppoll(fds, n, ms < 0 ? NULL : &t, NULL);
}

int nanosleep(const struct timespec *t, struct timespec *left)
{
	int64_t ms = t->tv_sec * 1000 + t->tv_nsec / 1000000;

	if (!skips || ms < LEAST_MS)
		return (int)syscall(SYS_nanosleep, t, left);
	skipped_ms += ms;
	return 0;
}

int clock_gettime(clockid_t id, struct timespec *t)
{
	int result = (int)syscall(SYS_clock_gettime, id, t);
	int64_t ms = skipped_ms + (id == CLOCK_REALTIME ? wall_ms : 0);

	t->tv_sec += ms / 1000;
	t->tv_nsec += ms % 1000 * 1000000;
	if (t->tv_nsec >= 1000000000) {
		t->tv_nsec -= 1000000000;
		t->tv_sec++;
	}
	return result;
}
