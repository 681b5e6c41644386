/* SPDX-License-Identifier: MIT */
/* Prices as their owner looks at them and sets them. */
#include "store/price_list.h"

#include "base/clock.h"
#include "store/prices_internal.h"

/* In the order of the columns. */
static void get_rates(struct query *q, int column, struct price_rates *r)
{
	int64_t *const rates[] = { &r->input,	    &r->cached,
				   &r->cache_write, &r->cache_write_1h,
				   &r->output,	    &r->per_search };

	for (size_t i = 0; i < sizeof(rates) / sizeof(*rates); i++)
		*rates[i] = query_get_number(q, column + (int)i, PRICE_UNKNOWN);
}

static void put_rate(struct query *q, int64_t rate)
{
	if (rate == PRICE_UNKNOWN)
		query_null(q);
	else
		query_int(q, rate);
}

/* --- List ----------------------------------------------------------------- */

static void get_price(struct query *q, struct dated_price *p, struct arena *a)
{
	*p = (struct dated_price){ .id = query_get_int(q, 0),
				   .service = query_get_text(q, 1, a),
				   .region = query_get_text(q, 2, a),
				   .model = query_get_text(q, 3, a),
				   .currency = query_get_text(q, 4, a),
				   .since = query_get_int(q, 5),
				   .source = query_get_text(q, 6, a) };
	get_rates(q, 7, &p->rates);
}

static bool read_list(struct db *db, bool all, struct dated_price **list,
		      size_t *n, struct arena *a, struct error *e)
{
	size_t room = 0;
	struct query q;

	*list = NULL;
	*n = 0;
	query_open(&q, db, DB_PRICE_LIST);
	query_int(&q, all);
	query_int(&q, clock_wall_ms());
	while (query_row(&q)) {
		*list = arena_grow(a, *list, &room, *n + 1, sizeof(**list));
		get_price(&q, &(*list)[(*n)++], a);
	}
	return query_close(&q, e);
}

bool store_prices_list(struct store *s, bool all, struct dated_price **list,
		       size_t *n, struct arena *a, struct error *e)
{
	struct db *db = db_begin(s, DB_LOOK, e);

	return db != NULL &&
	       db_end(s, db, read_list(db, all, list, n, a, e), e);
}

/* --- Set ------------------------------------------------------------------ */

static void put_name(struct query *q, const struct dated_price *p)
{
	query_text(q, p->service);
	query_text(q, p->region);
	query_text(q, p->model);
	query_text(q, p->currency);
	query_int(q, p->since);
}

static bool fill(int64_t *rate, int64_t before)
{
	if (*rate == PRICE_UNKNOWN)
		*rate = before;
	return *rate != before;
}

/* What is not told stays as it was. */
static bool complete(struct db *db, const struct dated_price *p,
		     struct price_rates *r, bool *changed, struct error *e)
{
	struct price_rates was = {
		PRICE_UNKNOWN, PRICE_UNKNOWN, PRICE_UNKNOWN,
		PRICE_UNKNOWN, PRICE_UNKNOWN, PRICE_UNKNOWN
	};
	struct query q;

	*r = p->rates;
	query_open(&q, db, DB_PRICE_BEFORE);
	put_name(&q, p);
	if (query_row(&q))
		get_rates(&q, 0, &was);
	*changed = fill(&r->input, was.input) | fill(&r->cached, was.cached) |
		   fill(&r->cache_write, was.cache_write) |
		   fill(&r->cache_write_1h, was.cache_write_1h) |
		   fill(&r->output, was.output) |
		   fill(&r->per_search, was.per_search);
	return query_close(&q, e);
}

static bool refuse_again(const struct dated_price *p, struct error *e)
{
	return error_set(e, ERROR_VALUE,
			 "There is a price of %.64s from that moment on "
			 "already, by which requests may have been charged: "
			 "choose a later moment.",
			 p->model);
}

static bool add(struct db *db, const struct dated_price *p,
		const struct price_rates *r, struct error *e)
{
	struct query q;

	query_open(&q, db, DB_PRICE_ADD);
	put_name(&q, p);
	query_text(&q, p->source);
	put_rate(&q, r->input);
	put_rate(&q, r->cached);
	put_rate(&q, r->cache_write);
	put_rate(&q, r->cache_write_1h);
	put_rate(&q, r->output);
	put_rate(&q, r->per_search);
	if (!query_run(&q, e))
		return false;
	return db_changes(db) == 1 || refuse_again(p, e);
}

static bool add_all(struct db *db, const struct dated_price *prices, size_t n,
		    size_t *added, struct error *e)
{
	*added = 0;
	for (size_t i = 0; i < n; i++) {
		struct price_rates rates;
		bool changed;

		if (!complete(db, &prices[i], &rates, &changed, e))
			return false;
		if (!changed)
			continue;
		if (!add(db, &prices[i], &rates, e))
			return false;
		(*added)++;
	}
	return true;
}

bool store_prices_add(struct store *s, const struct dated_price *prices,
		      size_t n, size_t *added, struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);

	return db != NULL && db_end(s, db, add_all(db, prices, n, added, e), e);
}

/* --- Check ---------------------------------------------------------------- */

/* NULL: nothing that its requests need. */
static const char *lack_of(const struct price *p, bool searched)
{
	if (p->id == 0)
		return "a price";
	if (p->rates.input == PRICE_UNKNOWN)
		return "a price of prompts";
	if (p->rates.output == PRICE_UNKNOWN)
		return "a price of replies";
	if (p->rates.cached == PRICE_UNKNOWN)
		return "a price of cached prompts";
	if (searched && p->rates.per_search == PRICE_UNKNOWN)
		return "a price of searches";
	return p->rates.cache_write == PRICE_UNKNOWN ||
			       p->rates.cache_write_1h == PRICE_UNKNOWN ?
		       "a price of what is written to the cache" :
		       NULL;
}

static bool check_model(struct db *db, struct unpriced_model *m, bool searched,
			struct arena *a, struct error *e)
{
	const struct price_name name = { .service = m->service,
					 .region = m->region,
					 .model = m->model,
					 .at_ms = clock_wall_ms() };
	struct price p;

	if (!prices_find(db, &name, &p, a, e))
		return false;
	m->lacks = lack_of(&p, searched);
	return true;
}

static bool read_missing(struct db *db, int64_t since,
			 struct unpriced_model **list, size_t *n,
			 struct arena *a, struct error *e)
{
	size_t room = 0;
	struct query q;
	bool ok = true;

	*list = NULL;
	*n = 0;
	query_open(&q, db, DB_PRICES_MISSING);
	query_int(&q, since);
	while (ok && query_row(&q)) {
		struct unpriced_model m = {
			.service = query_get_text(&q, 0, a),
			.model = query_get_text(&q, 1, a),
			.requests = query_get_int(&q, 2),
			.region = query_get_text(&q, 4, a),
		};

		ok = check_model(db, &m, query_get_int(&q, 3) > 0, a, e);
		if (!ok || m.lacks == NULL)
			continue;
		*list = arena_grow(a, *list, &room, *n + 1, sizeof(**list));
		(*list)[(*n)++] = m;
	}
	return query_close(&q, e) && ok;
}

bool store_prices_missing(struct store *s, int64_t since,
			  struct unpriced_model **list, size_t *n,
			  struct arena *a, struct error *e)
{
	struct db *db = db_begin(s, DB_READ, e);

	return db != NULL &&
	       db_end(s, db, read_missing(db, since, list, n, a, e), e);
}
