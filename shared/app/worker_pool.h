/* SPDX-License-Identifier: MIT */
#ifndef APP_WORKER_POOL_H
#define APP_WORKER_POOL_H

#include <pthread.h>
#include <stdint.h>

#include "app/worker.h"

/*
 * The workers of this process, at most KIMI_WORKERS. A request that finds all
 * of them busy is answered 503.
 */
struct worker_pool {
	struct app_list *apps;
	pthread_mutex_t lock; /* for what follows */
	int64_t max;
	int64_t busy;
	struct worker *idle;
	unsigned n_idle;
};

/* Connections beyond `max` that are accepted to get their 503. */
#define WORKER_POOL_REFUSALS 256

void worker_pool_init(struct worker_pool *p, struct app_list *apps,
		      int64_t max);

/* Takes another maximum. Requests that run beyond it are not disturbed. */
void worker_pool_resize(struct worker_pool *p, int64_t max);

int64_t worker_pool_max(struct worker_pool *p);

/* Only when no worker is busy. */
void worker_pool_fini(struct worker_pool *p);

/* Answers one request, from any thread. */
void worker_pool_serve(struct worker_pool *p, const struct gateway *g);

#endif
