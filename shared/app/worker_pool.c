/* SPDX-License-Identifier: MIT */
/* Lends a worker to each request, or refuses it when all are busy. */
#include "app/worker_pool.h"

#include <stdlib.h>

#define MAX_IDLE 16
#define RETRY_AFTER_MS 1000

void worker_pool_init(struct worker_pool *p, struct app_list *apps, int64_t max)
{
	*p = (struct worker_pool){ .apps = apps, .max = max };
	pthread_mutex_init(&p->lock, NULL);
}

void worker_pool_resize(struct worker_pool *p, int64_t max)
{
	pthread_mutex_lock(&p->lock);
	p->max = max;
	pthread_mutex_unlock(&p->lock);
}

int64_t worker_pool_max(struct worker_pool *p)
{
	int64_t max;

	pthread_mutex_lock(&p->lock);
	max = p->max;
	pthread_mutex_unlock(&p->lock);
	return max;
}

static void free_worker(struct worker *w)
{
	worker_fini(w);
	free(w);
}

void worker_pool_fini(struct worker_pool *p)
{
	while (p->idle != NULL) {
		struct worker *w = p->idle;

		p->idle = w->next;
		free_worker(w);
	}
	pthread_mutex_destroy(&p->lock);
}

static struct worker *new_worker(struct app_list *apps)
{
	struct worker *w = malloc(sizeof(*w));

	if (w == NULL)
		abort();
	worker_init(w, apps);
	return w;
}

/* NULL: all are busy. */
static struct worker *take(struct worker_pool *p)
{
	struct worker *w = NULL;
	bool free_one;

	pthread_mutex_lock(&p->lock);
	free_one = p->busy < p->max;
	if (free_one) {
		p->busy++;
		w = p->idle;
	}
	if (w != NULL) {
		p->idle = w->next;
		p->n_idle--;
	}
	pthread_mutex_unlock(&p->lock);
	return w == NULL && free_one ? new_worker(p->apps) : w;
}

static void give_back(struct worker_pool *p, struct worker *w)
{
	bool keep;

	pthread_mutex_lock(&p->lock);
	p->busy--;
	keep = p->n_idle < MAX_IDLE;
	if (keep) {
		w->next = p->idle;
		p->idle = w;
		p->n_idle++;
	}
	pthread_mutex_unlock(&p->lock);
	if (!keep)
		free_worker(w);
}

static void refuse(const struct worker_pool *p, const struct gateway *g)
{
	struct error e;

	error_set(&e, ERROR_FULL,
		  "All workers of this server are busy (setting "
		  "KIMI_WORKERS): try again soon.");
	e.retry_after_ms = RETRY_AFTER_MS;
	worker_refuse(p->apps, g, &e);
}

void worker_pool_serve(struct worker_pool *p, const struct gateway *g)
{
	struct worker *w = take(p);

	if (w == NULL) {
		refuse(p, g);
		return;
	}
	worker_serve(w, g);
	give_back(p, w);
}
