/* SPDX-License-Identifier: MIT */
/* What is known of the API key that asks. */
#include "app/usage/own_key.h"

#include <string.h>

#include "base/clock.h"

bool own_key_is_money(const struct store_budget_use *u)
{
	return strcmp(u->budget.unit, "tokens") != 0;
}

int64_t own_key_left(const struct store_budget_use *u)
{
	int64_t left = u->budget.amount - u->used - u->reserved;

	return left < 0 ? 0 : left;
}

bool own_key_load(struct own_key *k, struct exchange *x, struct error *e)
{
	*k = (struct own_key){ .exchange = x, .zone = app_time_zone(x->app) };
	k->store = auth_store(x, &k->caller, e);
	if (k->store == NULL ||
	    !store_budgets_read(k->store, k->caller.key.row, k->zone,
				&k->budgets, x->arena, e))
		return false;
	for (size_t i = 0; i < k->budgets.n; i++) {
		const struct store_budget_use *u = &k->budgets.list[i];

		if (own_key_is_money(u) &&
		    (k->money == NULL ||
		     own_key_left(u) < own_key_left(k->money)))
			k->money = u;
	}
	return true;
}

bool own_key_used(const struct own_key *k, int64_t since, int64_t until,
		  struct usage_line **lines, size_t *n, struct error *e)
{
	const struct usage_question question = {
		.by = USAGE_BY_MODEL,
		.since = since,
		.until = until,
		.zone = k->zone,
		.key = &k->caller.key.row,
	};

	return store_usage_report(k->store, &question, lines, n,
				  k->exchange->arena, e);
}

int64_t own_key_cost(const struct usage_line *lines, size_t n,
		     const char *currency)
{
	int64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		if (lines[i].currency != NULL &&
		    strcmp(lines[i].currency, currency) == 0)
			sum += lines[i].numbers[USAGE_COST];
	return sum;
}

bool own_key_spent(const struct own_key *k, int64_t since, int64_t until,
		   struct own_key_spending *spent, struct error *e)
{
	struct usage_line *lines;
	size_t n;

	if (!own_key_used(k, since, until, &lines, &n, e))
		return false;
	spent->currency = k->money == NULL ? "USD" : k->money->budget.unit;
	spent->nano = own_key_cost(lines, n, spent->currency);
	for (size_t i = 0; k->money == NULL && i < n; i++) {
		const char *currency = lines[i].currency;
		int64_t sum =
			currency == NULL ? 0 : own_key_cost(lines, n, currency);

		if (sum > spent->nano)
			*spent = (struct own_key_spending){ currency, sum };
	}
	return true;
}

bool own_key_spent_of_budget(const struct own_key *k,
			     struct own_key_spending *spent, struct error *e)
{
	if (k->money == NULL)
		return own_key_spent(k, 0, clock_wall_ms() + 1, spent, e);
	spent->currency = k->money->budget.unit;
	spent->nano = k->money->used;
	return true;
}

void own_key_put_time(struct json_writer *w, const char *name, int64_t ms)
{
	char date[CLOCK_DATE_SIZE];

	clock_date(ms, date);
	json_put_text(w, name, ms == 0 ? NULL : date);
}

void own_key_put_limit(struct json_writer *w, const char *name, int64_t limit)
{
	if (limit > 0)
		json_put_int(w, name, limit);
	else
		json_put_null(w, name);
}
