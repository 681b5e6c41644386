/* SPDX-License-Identifier: MIT */
/* Budgets of API keys: reserved, used, given back. */
#include "store/budgets_internal.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "store/budget_prices_internal.h"
#include "store/budgets.h"

static const struct period {
	const char *name;
	const char *every, *ends; /* as texts say it */
	enum time_period of;
} periods[] = {
	{ "day", "a day", "The day ends", TIME_DAY },
	{ "week", "a week", "The week ends", TIME_WEEK },
	{ "month", "a month", "The month ends", TIME_MONTH },
	{ "total", "in all", NULL, TIME_PERIODS },
};

#define N_PERIODS (sizeof(periods) / sizeof(*periods))

struct budget {
	const struct period *period;
	const char *unit;
	int64_t amount;
	struct time_span span; /* begin 0: of all times */
	struct budget *next;
};

static const struct period *period_of(const char *name)
{
	for (size_t i = 0; i < N_PERIODS - 1; i++)
		if (strcmp(periods[i].name, name) == 0)
			return &periods[i];
	return &periods[N_PERIODS - 1];
}

static void add(struct budget **list, const char *period, const char *unit,
		int64_t amount, struct arena *a)
{
	struct budget *b = arena_alloc(a, sizeof(*b));

	*b = (struct budget){ .period = period_of(period),
			      .unit = unit,
			      .amount = amount };
	while (*list != NULL)
		list = &(*list)->next;
	*list = b;
}

static bool load(struct db *db, int64_t key, struct budget **list,
		 struct arena *a, struct error *e)
{
	struct query q;

	query_open(&q, db, DB_KEY_BUDGETS);
	query_int(&q, key);
	while (query_row(&q))
		add(list, query_get_text(&q, 0, a), query_get_text(&q, 1, a),
		    query_get_int(&q, 2), a);
	return query_close(&q, e);
}

static struct time_span span_of(const struct budget *b,
				const struct time_zone *zone, int64_t at_ms)
{
	if (b->period->of == TIME_PERIODS)
		return (struct time_span){ 0 };
	return time_zone_span(zone, b->period->of, at_ms);
}

/* --- Refusals --- */

/* Money in words: nano-units, of which a cent's hundredth is enough. */
static const char *say(const struct budget *b, int64_t n, struct arena *a)
{
	if (strcmp(b->unit, BUDGET_TOKENS) == 0)
		return arena_printf(a, "%" PRId64 " tokens", n);
	return arena_printf(a, "%" PRId64 ".%04" PRId64 " %s", n / 1000000000,
			    n % 1000000000 / 100000, b->unit);
}

static bool read_use(struct db *db, int64_t key, const struct budget *b,
		     int64_t *used, int64_t *reserved, struct error *e)
{
	struct query q;

	*used = *reserved = 0;
	query_open(&q, db, DB_BUDGET_USE);
	query_int(&q, key);
	query_text(&q, b->period->name);
	query_text(&q, b->unit);
	query_int(&q, b->span.begin);
	if (query_row(&q)) {
		*used = query_get_int(&q, 0);
		*reserved = query_get_int(&q, 1);
	}
	return query_close(&q, e);
}

/* A request that is larger than the whole budget does not fit the next period
 * either. */
static bool refuse(struct db *db, const struct store_admission *ad,
		   const struct budget *b, int64_t n, struct arena *a,
		   struct error *e)
{
	bool fits = n <= b->amount && b->period->ends != NULL;
	int64_t used, reserved;

	if (!read_use(db, ad->key_row, b, &used, &reserved, e))
		return false;
	error_set(e, ERROR_QUOTA,
		  "You exceeded your current quota: this API key may use %s "
		  "%s. %s are used and %s reserved for running requests; this "
		  "one needs up to %s. %s%s%s.",
		  say(b, b->amount, a), b->period->every, say(b, used, a),
		  say(b, reserved, a), say(b, n, a),
		  fits		? b->period->ends :
		  n > b->amount ? "Send less, or a lower max_tokens" :
				  "Ask the owner of this server for more",
		  fits ? " at " : "",
		  fits ? time_zone_text(ad->zone, b->span.end, a) : "");
	if (fits)
		e->retry_after_ms = b->span.end - clock_wall_ms();
	return false;
}

static bool refuse_unpriced(const struct budget *b,
			    const struct price_name *price, struct error *e)
{
	return error_set(e, ERROR_FORBIDDEN,
			 "This API key has a budget in %.16s, and '%.128s' has "
			 "no price in that currency here: choose another "
			 "model, or ask the owner of this server to set one "
			 "('kimi-proxy price set %.128s --service %.16s').",
			 b->unit, price->model, price->model, price->service);
}

static bool refuse_currencies(const struct store_admission *ad,
			      const struct budget *b, struct error *e)
{
	return error_set(e, ERROR_FORBIDDEN,
			 "This API key has budgets in %.16s and in %.16s, but "
			 "can have one currency only: ask the owner of this "
			 "server to remove the others.",
			 ad->currency, b->unit);
}

/* --- What a request reserves --- */

static bool find_cost(struct db *db, const struct store_turn *t,
		      const struct budget *b, struct arena *a, struct error *e)
{
	struct store_admission *ad = t->admission;
	const struct price_name price = { .service = ad->service,
					  .model = t->model,
					  .currency = b->unit,
					  .at_ms = t->started_ms };
	const struct chat_usage most = { .source = CHAT_USAGE_COUNTED,
					 .prompt = ad->prompt_tokens,
					 .completion = ad->output_tokens };

	if (ad->currency != NULL)
		return strcmp(ad->currency, b->unit) == 0 ||
		       refuse_currencies(ad, b, e);
	if (!budget_prices_cost(db, &price, &most, &ad->cost, a, e))
		return false;
	ad->currency = b->unit;
	return ad->cost != PRICE_UNKNOWN || refuse_unpriced(b, &price, e);
}

/* `*n`: what the turn may use of the budget. */
static bool find_need(struct db *db, const struct store_turn *t,
		      const struct budget *b, int64_t *n, struct arena *a,
		      struct error *e)
{
	const struct store_admission *ad = t->admission;
	bool tokens = strcmp(b->unit, BUDGET_TOKENS) == 0;

	if (!tokens && !find_cost(db, t, b, a, e))
		return false;
	*n = tokens ? ad->prompt_tokens + ad->output_tokens : ad->cost;
	return true;
}

static bool reserve(struct db *db, const struct store_admission *ad,
		    const struct budget *b, int64_t n, bool *reserved,
		    struct error *e)
{
	struct query q;

	query_open(&q, db, DB_BUDGET_RESERVE);
	query_int(&q, ad->key_row);
	query_text(&q, b->period->name);
	query_text(&q, b->unit);
	query_int(&q, b->span.begin);
	query_int(&q, n);
	query_int(&q, b->amount);
	if (!query_run(&q, e))
		return false;
	*reserved = db_changes(db) == 1;
	return true;
}

bool budgets_reserve(struct db *db, const struct store_turn *t, struct arena *a,
		     struct error *e)
{
	struct store_admission *ad = t->admission;
	struct budget *list = NULL;
	bool reserved;
	int64_t n;

	ad->currency = NULL;
	ad->cost = 0;
	if (ad->stranger_tokens > 0)
		add(&list, "day", BUDGET_TOKENS, ad->stranger_tokens, a);
	if (ad->has_budgets && !load(db, ad->key_row, &list, a, e))
		return false;
	for (struct budget *b = list; b != NULL; b = b->next) {
		b->span = span_of(b, ad->zone, t->started_ms);
		if (!find_need(db, t, b, &n, a, e) ||
		    !reserve(db, ad, b, n, &reserved, e))
			return false;
		if (!reserved)
			return refuse(db, ad, b, n, a, e);
	}
	return true;
}

/* --- What it did use --- */

static bool settle(struct db *db, const struct period *p,
		   const struct budget_use *use, struct error *e)
{
	struct query q;

	query_open(&q, db, DB_BUDGET_SETTLE);
	query_int(&q, use->key);
	query_text(&q, p->name);
	query_text(&q, use->unit);
	query_int(&q, use->at_ms);
	query_int(&q, use->reserved);
	query_int(&q, use->used);
	return query_run(&q, e);
}

bool budgets_settle(struct db *db, const struct budget_use *use,
		    struct error *e)
{
	for (size_t i = 0; i < N_PERIODS; i++)
		if (!settle(db, &periods[i], use, e))
			return false;
	return true;
}

/* --- What is left of it, for people --- */

struct reading {
	struct db *db;
	const int64_t *key; /* its row; NULL: all of them */
	const struct time_zone *zone;
	struct store_budget_uses *uses;
	size_t room;
	struct arena *arena;
};

static bool read_uses(struct reading *r, int64_t key, const char *name,
		      struct error *e)
{
	int64_t now = clock_wall_ms();
	struct store_budget_uses *uses = r->uses;
	struct budget *list = NULL;

	if (!load(r->db, key, &list, r->arena, e))
		return false;
	for (struct budget *b = list; b != NULL; b = b->next) {
		struct store_budget_use use = {
			.key = name,
			.budget = { b->period->name, b->unit, b->amount },
		};

		b->span = use.span = span_of(b, r->zone, now);
		if (!read_use(r->db, key, b, &use.used, &use.reserved, e))
			return false;
		uses->list = arena_grow(r->arena, uses->list, &r->room,
					uses->n + 1, sizeof(use));
		uses->list[uses->n++] = use;
	}
	return true;
}

static bool read_keys(struct reading *r, struct error *e)
{
	bool ok = true;
	struct query q;

	query_open(&q, r->db, DB_BUDGET_KEYS);
	if (r->key == NULL)
		query_null(&q);
	else
		query_int(&q, *r->key);
	while (ok && query_row(&q))
		ok = read_uses(r, query_get_int(&q, 0),
			       query_get_text(&q, 1, r->arena), e);
	return query_close(&q, e) && ok;
}

static bool read(struct store *s, struct reading *r, struct error *e)
{
	*r->uses = (struct store_budget_uses){ 0 };
	r->db = db_begin(s, DB_READ, e);
	return r->db != NULL && db_end(s, r->db, read_keys(r, e), e);
}

bool store_budgets_read(struct store *s, int64_t key,
			const struct time_zone *zone,
			struct store_budget_uses *uses, struct arena *a,
			struct error *e)
{
	struct reading r = {
		.key = &key, .zone = zone, .uses = uses, .arena = a
	};

	return read(s, &r, e);
}

bool store_budgets_read_all(struct store *s, const struct time_zone *zone,
			    struct store_budget_uses *uses, struct arena *a,
			    struct error *e)
{
	struct reading r = { .zone = zone, .uses = uses, .arena = a };

	return read(s, &r, e);
}
