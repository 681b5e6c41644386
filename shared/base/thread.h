/* SPDX-License-Identifier: MIT */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Starts a thread with a small stack, to be joined or detached. False when the
 * system allows no more of them. */
bool thread_start(pthread_t *thread, void *(*run)(void *ctx), void *ctx);

/* Locks, or gives up at that time of clock_ms() and returns false. */
bool thread_lock_until(pthread_mutex_t *lock, int64_t until_ms);

/* A condition for thread_wait_until. */
void thread_condition_init(pthread_cond_t *condition);

/* Waits for the condition, or gives up at that time of clock_ms() and returns
 * false. INT64_MAX: never gives up. */
bool thread_wait_until(pthread_cond_t *condition, pthread_mutex_t *lock,
		       int64_t until_ms);

/* Gives back what this thread, which is about to end, has used of its stack:
 * glibc keeps the stacks of many threads that have ended. */
void thread_give_back_stack(void);

#endif
