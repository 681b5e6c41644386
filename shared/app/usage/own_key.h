/* SPDX-License-Identifier: MIT */
#ifndef APP_USAGE_OWN_KEY_H
#define APP_USAGE_OWN_KEY_H

#include "app/auth.h"
#include "base/json.h"
#include "store/budgets.h"
#include "store/usage_report.h"

#define OWN_KEY_NANO 1e9

/* What other servers say of a key whose money has no limit
 * (https://github.com/QuantumNous/new-api/blob/main/controller/billing.go). */
#define OWN_KEY_UNLIMITED 100000000.0

/* The API key that asks: all that is told here is of this one alone. */
struct own_key {
	struct exchange *exchange;
	struct store *store;
	struct caller caller;
	const struct time_zone *zone;
	struct store_budget_uses budgets;
	/* Of those in money, the one of which the least is left; or NULL. */
	const struct store_budget_use *money;
};

bool own_key_load(struct own_key *k, struct exchange *x, struct error *e);

bool own_key_is_money(const struct store_budget_use *u);

/* What running requests have reserved is not left. */
int64_t own_key_left(const struct store_budget_use *u);

/* What it used from then on until then, by model and currency. */
bool own_key_used(const struct own_key *k, int64_t since, int64_t until,
		  struct usage_line **lines, size_t *n, struct error *e);

/* Nano-units of that currency. */
int64_t own_key_cost(const struct usage_line *lines, size_t n,
		     const char *currency);

/* What it spent, in one currency: that of its budget or else the one in which
 * it spent most. */
struct own_key_spending {
	const char *currency;
	int64_t nano;
};

bool own_key_spent(const struct own_key *k, int64_t since, int64_t until,
		   struct own_key_spending *spent, struct error *e);

/* The same of its budget's present period or, without one, of all time. */
bool own_key_spent_of_budget(const struct own_key *k,
			     struct own_key_spending *spent, struct error *e);

/* A time, or null for 0. */
void own_key_put_time(struct json_writer *w, const char *name, int64_t ms);

/* A limit, or null for 0. */
void own_key_put_limit(struct json_writer *w, const char *name, int64_t limit);

#endif
