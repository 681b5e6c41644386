/* SPDX-License-Identifier: MIT */
/* Admits requests of limited keys, and settles what they used. */
#include "store/admission_internal.h"

#include <inttypes.h>

#include "store/budget_prices_internal.h"
#include "store/budgets_internal.h"
#include "store/keys_internal.h"
#include "store/minute_limits_internal.h"

#define CONCURRENT_RETRY_MS 1000

/* A stranger can list the same credentials in many ways, which are keys of their
 * own: the limits are with the key that is the first credential alone. */
static bool find_key(struct db *db, const struct store_turn *t, struct error *e)
{
	struct store_admission *ad = t->admission;
	const struct store_owner owner = { .fingerprint = t->owner.stranger,
					   .label = t->owner.label,
					   .stranger = t->owner.stranger };

	ad->key_row = t->key_row;
	return t->owner.stranger == NULL ||
	       keys_ensure(db, &owner, &ad->key_row, e);
}

static bool check_concurrent(struct db *db, const struct store_turn *t,
			     struct error *e)
{
	int64_t max = t->admission->max_concurrent, running;
	struct query q;

	if (max == 0)
		return true;
	query_open(&q, db, DB_KEY_RUNNING);
	query_int(&q, t->key_row);
	if (!query_first_int(&q, &running, e))
		return false;
	if (running < max)
		return true;
	error_set(e, ERROR_REQUEST_RATE,
		  "Rate limit reached for %.128s on concurrent requests: Limit "
		  "%" PRId64 ", Used %" PRId64 ", Requested 1. Please try "
		  "again in 1s.",
		  t->model, max, running);
	e->retry_after_ms = CONCURRENT_RETRY_MS;
	return false;
}

bool admission_take(struct db *db, struct store_turn *t, struct arena *a,
		    struct error *e)
{
	return t->admission == NULL ||
	       (find_key(db, t, e) && check_concurrent(db, t, e) &&
		minute_limits_take(db, t, e) && budgets_reserve(db, t, a, e));
}

void admission_abandon(struct store_turn *t, const struct error *why)
{
	struct store_admission *ad = t->admission;

	if (ad == NULL || why->kind == ERROR_REQUEST_RATE ||
	    why->kind == ERROR_TOKEN_RATE || why->kind == ERROR_TOKEN_LIMIT)
		return;
	ad->requests = ad->tokens = (struct rate_limit){ 0 };
}

bool admission_note(struct db *db, const struct store_turn *t, struct error *e)
{
	const struct store_admission *ad = t->admission;
	struct query q;

	if (ad == NULL || ad->prompt_tokens + ad->output_tokens == 0)
		return true;
	query_open(&q, db, DB_REQUEST_RESERVE);
	query_int(&q, t->row);
	query_int(&q, ad->prompt_tokens + ad->output_tokens);
	if (ad->currency == NULL)
		query_null(&q);
	else
		query_int(&q, ad->cost);
	query_text(&q, ad->currency);
	return query_run(&q, e);
}

/* --- The end --- */

/* What the row of a request says. */
struct settlement {
	int64_t key, at_ms;
	int64_t reserved_tokens, reserved_cost;
	struct price_name price; /* currency NULL: it has no such budget */
	struct chat_usage used;
};

/* `*found`: it has reserved something. */
static bool read_row(struct db *db, int64_t row, struct settlement *s,
		     bool *found, struct arena *a, struct error *e)
{
	struct query q;

	query_open(&q, db, DB_REQUEST_RESERVED);
	query_int(&q, row);
	*found = query_row(&q);
	if (*found)
		*s = (struct settlement){
			.key = query_get_int(&q, 0),
			.at_ms = query_get_int(&q, 1),
			.reserved_tokens = query_get_int(&q, 2),
			.reserved_cost = query_get_int(&q, 3),
			.price = { .currency = query_get_text(&q, 4, a),
				   .service = query_get_text(&q, 5, a),
				   .model = query_get_text(&q, 6, a),
				   .at_ms = query_get_int(&q, 1) },
			.used = { .source = CHAT_USAGE_COUNTED,
				  .prompt = query_get_int(&q, 7),
				  .completion = query_get_int(&q, 8),
				  .cached = query_get_int(&q, 9),
				  .cache_write = query_get_int(&q, 10),
				  .cache_write_1h = query_get_int(&q, 11),
				  .searches = query_get_int(&q, 12) },
		};
	return query_close(&q, e);
}

static bool settle_tokens(struct db *db, const struct settlement *s,
			  struct error *e)
{
	const struct budget_use use = {
		.key = s->key,
		.at_ms = s->at_ms,
		.unit = BUDGET_TOKENS,
		.reserved = s->reserved_tokens,
		.used = s->used.prompt + s->used.completion,
	};

	return minute_limits_refund(db, s->key, use.reserved - use.used, e) &&
	       budgets_settle(db, &use, e);
}

static bool settle_cost(struct db *db, const struct settlement *s,
			struct arena *a, struct error *e)
{
	struct budget_use use = {
		.key = s->key,
		.at_ms = s->at_ms,
		.unit = s->price.currency,
		.reserved = s->reserved_cost,
	};
	if (s->price.currency == NULL)
		return true;
	if (!budget_prices_cost(db, &s->price, &s->used, &use.used, a, e))
		return false;
	/* It had one when the request was admitted. */
	if (use.used == PRICE_UNKNOWN)
		use.used = use.reserved;
	return budgets_settle(db, &use, e);
}

bool admission_settle(struct db *db, int64_t request_row, struct error *e)
{
	struct settlement s;
	struct arena scratch;
	bool found, ok;

	arena_init_small(&scratch, 512);
	ok = read_row(db, request_row, &s, &found, &scratch, e) &&
	     (!found ||
	      (settle_tokens(db, &s, e) && settle_cost(db, &s, &scratch, e) &&
	       query_run_on(db, DB_REQUEST_SETTLED, request_row, e)));
	arena_fini(&scratch);
	return ok;
}
