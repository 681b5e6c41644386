/* SPDX-License-Identifier: MIT */
/* GET /usage/me: what an API key may use, and what it did use. */
#include "app/routes.h"
#include "app/serve/json_response.h"
#include "app/usage/own_key.h"
#include "base/clock.h"
#include "base/text.h"

/* --- What it may use ------------------------------------------------------ */

static void put_amount(struct json_writer *w, const char *name,
		       const struct store_budget_use *u, int64_t v)
{
	if (own_key_is_money(u))
		json_put_number(w, name, (double)v / OWN_KEY_NANO);
	else
		json_put_int(w, name, v);
}

static void put_budget(struct json_writer *w, const struct store_budget_use *u)
{
	json_object(w, NULL);
	json_put_text(w, "period", u->budget.period);
	json_put_text(w, "unit", u->budget.unit);
	put_amount(w, "amount", u, u->budget.amount);
	put_amount(w, "used", u, u->used);
	put_amount(w, "reserved", u, u->reserved);
	put_amount(w, "remaining", u, own_key_left(u));
	own_key_put_time(w, "resets_at", u->span.end);
	json_close_object(w);
}

/* Null: all of them. */
static void put_names(struct json_writer *w, const char *name,
		      const struct config_list *list)
{
	if (list->items == NULL) {
		json_put_null(w, name);
		return;
	}
	json_array(w, name);
	for (size_t i = 0; i < list->n; i++)
		json_put_text(w, NULL, list->items[i]);
	json_close_array(w);
}

static void put_key(struct json_writer *w, const struct own_key *k)
{
	const struct store_api_key *key = &k->caller.key;

	json_put_text(w, "object", "usage");
	json_put_text(w, "id", key->public_id);
	json_put_text(w, "name", key->name);
	json_put_text(w, "label", k->caller.label);
	own_key_put_time(w, "expires_at", key->expires_at);
	put_names(w, "models", &key->models);
	own_key_put_limit(w, "requests_per_minute", key->requests_per_minute);
	own_key_put_limit(w, "tokens_per_minute", key->tokens_per_minute);
	own_key_put_limit(w, "max_concurrent", key->max_concurrent);
	json_array(w, "budgets");
	for (size_t i = 0; i < k->budgets.n; i++)
		put_budget(w, &k->budgets.list[i]);
	json_close_array(w);
}

/* --- What it did use ------------------------------------------------------ */

static const struct {
	const char *name;
	enum usage_number number;
} numbers[] = {
	{ "requests", USAGE_REQUESTS },
	{ "failed_requests", USAGE_FAILURES },
	{ "refused_requests", USAGE_REFUSALS },
	{ "unpriced_requests", USAGE_UNPRICED },
	{ "input_tokens", USAGE_PROMPT },
	{ "output_tokens", USAGE_COMPLETION },
	{ "cached_tokens", USAGE_CACHED },
	{ "cache_write_tokens", USAGE_CACHE_WRITE },
	{ "reasoning_tokens", USAGE_REASONING },
	{ "web_searches", USAGE_SEARCHES },
};

static void put_numbers(struct json_writer *w, const struct usage_line *lines,
			size_t n)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		int64_t sum = 0;

		for (size_t k = 0; k < n; k++)
			sum += lines[k].numbers[numbers[i].number];
		json_put_int(w, numbers[i].name, sum);
	}
}

static bool is_first_of_currency(const struct usage_line *lines, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (text_same(lines[k].currency, lines[i].currency))
			return false;
	return lines[i].currency != NULL;
}

static void put_costs(struct json_writer *w, const struct usage_line *lines,
		      size_t n)
{
	json_object(w, "cost");
	for (size_t i = 0; i < n; i++)
		if (is_first_of_currency(lines, i))
			json_put_number(w, lines[i].currency,
					(double)own_key_cost(
						lines, n, lines[i].currency) /
						OWN_KEY_NANO);
	json_close_object(w);
}

static bool put_used(struct json_writer *w, const char *name,
		     const struct own_key *k, int64_t since, struct error *e)
{
	struct usage_line *lines;
	size_t n;

	if (!own_key_used(k, since, clock_wall_ms() + 1, &lines, &n, e))
		return false;
	json_object(w, name);
	put_numbers(w, lines, n);
	put_costs(w, lines, n);
	json_close_object(w);
	return true;
}

static bool put_all(struct json_writer *w, struct exchange *x, struct error *e)
{
	int64_t now = clock_wall_ms();
	struct own_key k;

	if (!own_key_load(&k, x, e))
		return false;
	put_key(w, &k);
	return put_used(w, "today", &k,
			time_zone_span(k.zone, TIME_DAY, now).begin, e) &&
	       put_used(w, "this_month", &k,
			time_zone_span(k.zone, TIME_MONTH, now).begin, e) &&
	       put_used(w, "total", &k, 0, e);
}

void serve_own_usage(struct exchange *x)
{
	struct json_response r;
	struct json_writer *w = json_response_begin(&r, x);
	struct error e;

	json_object(w, NULL);
	if (!put_all(w, x, &e)) {
		exchange_fail(x, &e);
		return;
	}
	json_close_object(w);
	json_response_send(&r);
}
