/* SPDX-License-Identifier: MIT */
/* Adds usage up by buckets of time. */
#include "store/usage_buckets.h"

#include "base/text.h"
#include "store/db_internal.h"
#include "store/usage_sums_internal.h"

struct adder {
	struct usage_sum **buckets;
	struct usage_sum *last; /* that a row was added to … */
	size_t bucket;		/* … and where it is */
	struct arena *arena;
};

static bool is_same(const struct usage_sum *a, const struct usage_sum *b)
{
	return text_same(a->model, b->model) && text_same(a->key, b->key) &&
	       text_same(a->currency, b->currency);
}

/* The link to the sum of a row, or to where it belongs. Most often it follows
 * the last one: keys and models come in the same order again and again. */
static struct usage_sum **find(struct adder *ad, size_t bucket,
			       const struct usage_sum *row)
{
	struct usage_sum **at = &ad->buckets[bucket];

	if (ad->last != NULL && ad->bucket == bucket &&
	    ad->last->next != NULL && is_same(ad->last->next, row))
		return &ad->last->next;
	while (*at != NULL && !is_same(*at, row))
		at = &(*at)->next;
	return at;
}

static struct usage_sum *begin(const struct usage_sum *row, struct arena *a)
{
	struct usage_sum *sum = arena_alloc(a, sizeof(*sum));

	sum->key = arena_copy(a, row->key);
	sum->model = arena_copy(a, row->model);
	sum->currency = arena_copy(a, row->currency);
	return sum;
}

static void add(struct adder *ad, struct query *q)
{
	const struct usage_sum row = {
		.key = query_peek_text(q, 1),
		.model = query_peek_text(q, 2),
		.currency = query_peek_text(q, 3),
	};
	size_t bucket = (size_t)query_get_int(q, 0);
	struct usage_sum **at = find(ad, bucket, &row), *to;

	if (*at == NULL)
		*at = begin(&row, ad->arena);
	to = *at;
	to->requests += query_get_int(q, 4);
	to->prompt_tokens += query_get_int(q, 5);
	to->completion_tokens += query_get_int(q, 6);
	to->cached_tokens += query_get_int(q, 7);
	to->cache_write_tokens += query_get_int(q, 8);
	to->searches += query_get_int(q, 9);
	to->cost += query_get_int(q, 10);
	ad->last = to;
	ad->bucket = bucket;
}

static bool choose(struct db *db, const struct usage_buckets *u,
		   enum db_statement *which, struct error *e)
{
	int64_t quarters;

	*which = DB_USAGE_BUCKETS_OF_DAYS;
	if (u->width == USAGE_DAY_MS)
		return true;
	if (!usage_sums_quarters(db, &quarters, e))
		return false;
	*which = u->width % USAGE_QUARTER_MS == 0 && u->from >= quarters ?
			 DB_USAGE_BUCKETS_OF_QUARTERS :
			 DB_USAGE_BUCKETS_OF_REQUESTS;
	return true;
}

static bool add_all(struct adder *ad, struct db *db,
		    const struct usage_buckets *u, struct error *e)
{
	enum db_statement which;
	struct query q;

	if (!choose(db, u, &which, e))
		return false;
	query_open(&q, db, which);
	query_int(&q, u->from);
	query_int(&q, u->from + (int64_t)u->n * u->width);
	query_int(&q, u->width);
	query_int(&q, u->by_key);
	query_int(&q, u->by_model);
	query_int(&q, u->by_currency);
	query_list(&q, &u->keys, ad->arena);
	query_list(&q, &u->models, ad->arena);
	while (query_row(&q))
		add(ad, &q);
	return query_close(&q, e);
}

struct usage_sum **store_usage_buckets(struct store *s,
				       const struct usage_buckets *u,
				       struct arena *a, struct error *e)
{
	struct adder ad = {
		.buckets = arena_array(a, u->n, sizeof(*ad.buckets)), .arena = a
	};
	struct db *db = db_begin(s, DB_READ, e);

	if (db == NULL || !db_end(s, db, add_all(&ad, db, u, e), e))
		return NULL;
	return ad.buckets;
}
