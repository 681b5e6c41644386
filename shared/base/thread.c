/* SPDX-License-Identifier: MIT */
/* Threads for requests: there may be a thousand. */
#include "base/thread.h"

#include <stdint.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

/* libcurl and OpenSSL use some 13 KiB of it; sanitizers want more. Glibc keeps 40
 * MiB of stacks of threads that have ended, with 12 KiB in each that cannot be
 * given back: the larger they are, the fewer. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STACK_SIZE (1024 * 1024)
#else
#define STACK_SIZE (256 * 1024)
#endif

bool thread_start(pthread_t *thread, void *(*run)(void *ctx), void *ctx)
{
	pthread_attr_t attr;
	bool started;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	started = pthread_create(thread, &attr, run, ctx) == 0;
	pthread_attr_destroy(&attr);
	return started;
}

#ifdef __SANITIZE_THREAD__
/* GCC's thread sanitizer does not know pthread_mutex_clocklock: it would take
 * the lock for free. */
bool thread_lock_until(pthread_mutex_t *lock, int64_t until_ms)
{
	while (pthread_mutex_trylock(lock) != 0) {
		if (clock_ms() >= until_ms)
			return false;
		clock_sleep_ms(1);
	}
	return true;
}
#elif !defined(__GLIBC__)
/* musl has only the clock of the day. If somebody sets it back during a wait,
 * we give up later. */
bool thread_lock_until(pthread_mutex_t *lock, int64_t until_ms)
{
	const int64_t left = until_ms - clock_ms();
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	if (left > 0) {
		t.tv_sec += left / 1000;
		t.tv_nsec += left % 1000 * 1000000;
	}
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return pthread_mutex_timedlock(lock, &t) == 0;
}
#else
bool thread_lock_until(pthread_mutex_t *lock, int64_t until_ms)
{
	const struct timespec t = { until_ms / 1000,
				    until_ms % 1000 * 1000000 };

	return pthread_mutex_clocklock(lock, CLOCK_MONOTONIC, &t) == 0;
}
#endif

void thread_condition_init(pthread_cond_t *condition)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(condition, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

bool thread_wait_until(pthread_cond_t *condition, pthread_mutex_t *lock,
		       int64_t until_ms)
{
	const struct timespec t = { until_ms / 1000,
				    until_ms % 1000 * 1000000 };

	if (until_ms == INT64_MAX)
		return pthread_cond_wait(condition, lock) == 0;
	return pthread_cond_timedwait(condition, lock, &t) == 0;
}

void thread_give_back_stack(void)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	pthread_attr_t attr;
	void *lowest = NULL;
	size_t size = 0;

	if (pthread_getattr_np(pthread_self(), &attr) != 0)
		return;
	if (pthread_attr_getstack(&attr, &lowest, &size) == 0) {
		/* What is below the frames of the calls in here. */
		here = (here & ~(page - 1)) - page;
		madvise(lowest, here - (uintptr_t)lowest, MADV_DONTNEED);
	}
	pthread_attr_destroy(&attr);
}
