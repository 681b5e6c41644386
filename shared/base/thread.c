/* SPDX-License-Identifier: MIT */
/* Threads for requests: there may be a thousand. */
#include "base/thread.h"

/* libcurl and OpenSSL use some 13 KiB of it; sanitizers want more. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STACK_SIZE (1024 * 1024)
#else
#define STACK_SIZE (128 * 1024)
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
