/* SPDX-License-Identifier: MIT */
/* GET /dashboard/billing/subscription and /usage, as OpenAI had them and many
 * servers still have. Clients show the difference of both as what is left, so
 * they agree on the budget and on its present period. */
#include <string.h>
#include <time.h>

#include "app/routes.h"
#include "app/serve/json_response.h"
#include "app/usage/own_key.h"
#include "base/clock.h"

#define CENTS 100.0
#define HALF_A_DAY_MS (INT64_C(12) * 60 * 60 * 1000)

/* --- The limit ------------------------------------------------------------ */

static void put_subscription(struct json_writer *w, const struct own_key *k,
			     const char *currency)
{
	double limit = k->money == NULL ?
			       OWN_KEY_UNLIMITED :
			       (double)k->money->budget.amount / OWN_KEY_NANO;

	json_object(w, NULL);
	json_put_text(w, "object", "billing_subscription");
	json_put_bool(w, "has_payment_method", true);
	json_put_number(w, "soft_limit_usd", limit);
	json_put_number(w, "hard_limit_usd", limit);
	json_put_number(w, "system_hard_limit_usd", limit);
	json_put_text(w, "currency", currency);
	json_put_int(w, "access_until", k->caller.key.expires_at / 1000);
	json_close_object(w);
}

void serve_billing_subscription(struct exchange *x)
{
	struct json_response r;
	struct json_writer *w = json_response_begin(&r, x);
	struct own_key_spending spent;
	struct own_key k;
	struct error e;

	if (!own_key_load(&k, x, &e) ||
	    !own_key_spent_of_budget(&k, &spent, &e)) {
		exchange_fail(x, &e);
		return;
	}
	put_subscription(w, &k, spent.currency);
	json_response_send(&r);
}

/* --- What was spent ------------------------------------------------------- */

/* A day of the query, in the owner's time zone; `day` stays as it is without
 * one. */
static bool read_day(const struct own_key *k, const char *name,
		     struct time_span *day, struct error *e)
{
	const struct exchange *x = k->exchange;
	const char *text = http_request_query(&x->request, name, x->arena);
	struct tm date = { 0 };
	const char *end;
	int64_t noon_ms;

	if (text == NULL)
		return true;
	end = strptime(text, "%Y-%m-%d", &date);
	if (end == NULL || *end != '\0')
		return error_field(e, ERROR_VALUE, name,
				   "'%s' must be a date, as 2026-11-30.", name);
	noon_ms = (int64_t)timegm(&date) * 1000 + HALF_A_DAY_MS;
	noon_ms -= time_zone_offset(k->zone, noon_ms / 1000) * 1000;
	*day = time_zone_span(k->zone, TIME_DAY, noon_ms);
	return true;
}

/* Of its budget or else of the days that are asked for, the last one included:
 * some clients name today, others tomorrow. */
static bool find_spending(const struct own_key *k,
			  struct own_key_spending *spent, struct error *e)
{
	struct time_span first = { 0 }, last = { .end = clock_wall_ms() + 1 };

	if (!read_day(k, "start_date", &first, e) ||
	    !read_day(k, "end_date", &last, e))
		return false;
	return k->money != NULL ?
		       own_key_spent_of_budget(k, spent, e) :
		       own_key_spent(k, first.begin, last.end, spent, e);
}

void serve_billing_usage(struct exchange *x)
{
	struct json_response r;
	struct json_writer *w = json_response_begin(&r, x);
	struct own_key_spending spent;
	struct own_key k;
	struct error e;

	if (!own_key_load(&k, x, &e) || !find_spending(&k, &spent, &e)) {
		exchange_fail(x, &e);
		return;
	}
	json_object(w, NULL);
	json_put_text(w, "object", "list");
	json_put_number(w, "total_usage",
			(double)spent.nano * CENTS / OWN_KEY_NANO);
	json_put_text(w, "currency", spent.currency);
	json_close_object(w);
	json_response_send(&r);
}
