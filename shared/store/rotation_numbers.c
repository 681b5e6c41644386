/* SPDX-License-Identifier: MIT */
/* Numbers of pools that this process has drawn and not used yet. */
#include "store/rotation_numbers_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* A process that needs a second number needs many. How many differs, or where
 * many processes end soon, with most of theirs not used, what they use may be
 * numbers of the same few credentials. */
#define FEWEST 33
#define MOST 64

void rotation_numbers_init(struct rotation_numbers *r)
{
	*r = (struct rotation_numbers){ 0 };
	pthread_mutex_init(&r->lock, NULL);
}

void rotation_numbers_fini(struct rotation_numbers *r)
{
	while (r->pools != NULL) {
		struct rotation_pool *pool = r->pools;

		r->pools = pool->next;
		free(pool->name);
		free(pool);
	}
	pthread_mutex_destroy(&r->lock);
}

/* With the lock. */
static struct rotation_pool *find(struct rotation_numbers *r, const char *name)
{
	struct rotation_pool *pool = r->pools;

	while (pool != NULL && strcmp(pool->name, name) != 0)
		pool = pool->next;
	if (pool != NULL)
		return pool;
	pool = calloc(1, sizeof(*pool));
	if (pool == NULL || (pool->name = strdup(name)) == NULL)
		abort();
	pool->draws = 1;
	pool->next = r->pools;
	r->pools = pool;
	return pool;
}

static int64_t many(void)
{
	unsigned char random;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		abort();
	return FEWEST + random % (MOST - FEWEST + 1);
}

bool rotation_numbers_take(struct rotation_numbers *r, const char *name,
			   int64_t *number, int64_t *draws)
{
	struct rotation_pool *pool;
	bool any;

	pthread_mutex_lock(&r->lock);
	pool = find(r, name);
	any = pool->at < pool->end;
	*draws = pool->draws;
	if (any)
		*number = pool->at++;
	else
		pool->draws = many();
	pthread_mutex_unlock(&r->lock);
	return any;
}

/* Of two that drew at once, the later one's numbers are used. */
void rotation_numbers_keep(struct rotation_numbers *r, const char *name,
			   int64_t from, int64_t n)
{
	struct rotation_pool *pool;

	pthread_mutex_lock(&r->lock);
	pool = find(r, name);
	pool->at = from;
	pool->end = from + n;
	pthread_mutex_unlock(&r->lock);
}
