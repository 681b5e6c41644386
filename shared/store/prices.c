/* SPDX-License-Identifier: MIT */
/* Finds the price of a request among dated rows. */
#include "store/prices.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "store/prices_internal.h"

/* A row, in the order of the columns of both statements. */
struct price_row {
	struct price price;
	const char *region, *model;
	int64_t since;
};

/* The best so far, and when no other row begins. */
struct choice {
	const struct price_name *name;
	struct price_row best;
	int rank;
	int64_t from, until;
};

static bool is_pattern(const char *model, size_t n)
{
	return n > 0 && model[n - 1] == '*';
}

/* How well a row fits; 0: not at all. */
static int rank_of(const struct price_name *name, const char *region,
		   const char *model)
{
	size_t n = strlen(model);
	int rank;

	if (*region != '\0' && !text_same(region, name->region))
		return 0;
	if (is_pattern(model, n))
		rank = strncmp(name->model, model, n - 1) == 0 ? (int)n : 0;
	else
		rank = strcmp(name->model, model) == 0 ? INT16_MAX : 0;
	return rank == 0 ? 0 : 2 * rank + (*region != '\0');
}

static int64_t rate_of(struct query *q, int column)
{
	return query_get_number(q, column, PRICE_UNKNOWN);
}

static struct price_row read_row(struct query *q, struct arena *a)
{
	return (struct price_row){
		.price = { .id = query_get_int(q, 0),
			   .currency = query_get_text(q, 3, a),
			   .rates = { .input = rate_of(q, 5),
				      .cached = rate_of(q, 6),
				      .cache_write = rate_of(q, 7),
				      .cache_write_1h = rate_of(q, 8),
				      .output = rate_of(q, 9),
				      .per_search = rate_of(q, 10) } },
		.region = query_get_text(q, 1, a),
		.model = query_get_text(q, 2, a),
		.since = query_get_int(q, 4),
	};
}

/* All that may apply, now or at another time, bound for how long the choice
 * holds. */
static void consider(struct choice *c, const struct price_row *row)
{
	int rank = rank_of(c->name, row->region, row->model);

	if (rank == 0 || (c->name->currency != NULL &&
			  strcmp(c->name->currency, row->price.currency) != 0))
		return;
	if (row->since > c->name->at_ms) {
		if (row->since < c->until)
			c->until = row->since;
		return;
	}
	if (row->since > c->from)
		c->from = row->since;
	if (rank > c->rank ||
	    (rank == c->rank && row->since >= c->best.since)) {
		c->rank = rank;
		c->best = *row;
	}
}

static bool choose(struct db *db, const struct price_name *name,
		   struct choice *c, struct arena *a, struct error *e)
{
	struct query q;

	*c = (struct choice){ .name = name, .until = INT64_MAX };
	query_open(&q, db, DB_PRICES_OF_SERVICE);
	query_text(&q, name->service);
	while (query_row(&q)) {
		struct price_row row = read_row(&q, a);

		consider(c, &row);
	}
	return query_close(&q, e);
}

/* --- Known prices: the row is the choice, and how long it holds --- */

enum column {
	ID,
	FROM,
	UNTIL,
	CURRENCY,
	INPUT,
	CACHED,
	CACHE_WRITE,
	CACHE_WRITE_1H,
	OUTPUT,
	PER_SEARCH,
};

static struct known_row known_of(const struct choice *c)
{
	const struct price *p = &c->best.price;

	return (struct known_row){
		.found = true,
		.numbers = { [ID] = p->id,
			     [FROM] = c->from,
			     [UNTIL] = c->until,
			     [INPUT] = p->rates.input,
			     [CACHED] = p->rates.cached,
			     [CACHE_WRITE] = p->rates.cache_write,
			     [CACHE_WRITE_1H] = p->rates.cache_write_1h,
			     [OUTPUT] = p->rates.output,
			     [PER_SEARCH] = p->rates.per_search },
		.texts = { [CURRENCY] = p->currency },
	};
}

static struct price price_of(const struct known_row *row)
{
	return (struct price){
		.id = row->numbers[ID],
		.currency = row->texts[CURRENCY],
		.rates = { .input = row->numbers[INPUT],
			   .cached = row->numbers[CACHED],
			   .cache_write = row->numbers[CACHE_WRITE],
			   .cache_write_1h = row->numbers[CACHE_WRITE_1H],
			   .output = row->numbers[OUTPUT],
			   .per_search = row->numbers[PER_SEARCH] },
	};
}

static const char *text_of(const char *s)
{
	return s == NULL ? "" : s;
}

bool prices_find(struct db *db, const struct price_name *name, struct price *p,
		 struct arena *a, struct error *e)
{
	char where[64];
	const struct known_name known = { DB_PRICES_OF_SERVICE, where,
					  name->model };
	struct known_row row;
	struct choice c;

	snprintf(where, sizeof(where), "%s/%s/%s", name->service,
		 text_of(name->region), text_of(name->currency));
	if (!known_find(&db->known, &known, &row, a) ||
	    name->at_ms < row.numbers[FROM] ||
	    name->at_ms >= row.numbers[UNTIL]) {
		if (!choose(db, name, &c, a, e))
			return false;
		row = known_of(&c);
		known_add(&db->known, &known, &row);
	}
	*p = price_of(&row);
	return true;
}

/* Plans call models what the Open Platform calls kimi-… */
#define PREFIX "kimi-"

bool prices_find_list(struct db *db, const struct price_name *name,
		      struct price *p, struct arena *a, struct error *e)
{
	struct price_name list = *name;

	list.service = "platform";
	if (strncmp(name->model, PREFIX, strlen(PREFIX)) != 0)
		list.model = arena_printf(a, PREFIX "%s", name->model);
	return prices_find(db, &list, p, a, e);
}

bool prices_charge(struct db *db, const char *model, int64_t at_ms,
		   struct store_outcome *o, struct arena *a, struct error *e)
{
	const struct price_name name = { .service = o->service,
					 .region = o->region,
					 .model = model,
					 .at_ms = at_ms };
	struct store_cost *c = &o->cost;
	struct price price, list = { 0 };

	*c = (struct store_cost){ 0 };
	if (o->service == NULL || o->usage.source == CHAT_USAGE_NONE)
		return true;
	if (!prices_find(db, &name, &price, a, e))
		return false;
	if (strcmp(o->service, "platform") != 0 &&
	    !prices_find_list(db, &name, &list, a, e))
		return false;
	if (price.id != 0 && price_cost(&price.rates, &o->usage, &c->nano)) {
		c->currency = price.currency;
		c->price_id = price.id;
	}
	if (list.id != 0 && price_cost(&list.rates, &o->usage, &c->list_nano))
		c->list_currency = list.currency;
	return true;
}

bool store_prices_charge(struct store *s, const char *model,
			 struct store_outcome *o, struct arena *a,
			 struct error *e)
{
	struct db *db = db_begin(s, DB_READ, e);

	return db != NULL &&
	       db_end(s, db, prices_charge(db, model, clock_wall_ms(), o, a, e),
		      e);
}
