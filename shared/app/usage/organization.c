/* SPDX-License-Identifier: MIT */
/* GET /organization/usage/... and /organization/costs. */
#include <ctype.h>

#include "app/routes.h"
#include "app/serve/json_response.h"
#include "app/usage/admin.h"
#include "app/usage/usage_query.h"

#define NANO 1e9

/* One of the endpoints. */
struct report {
	struct usage_rules rules;
	bool costs;
	void (*put)(struct json_writer *w, const struct usage_sum *sum);
};

/* Null where results are not divided, and where all are the same to us. */
static void put_division(struct json_writer *w, enum usage_division division,
			 const char *name, const struct usage_sum *sum)
{
	switch (division) {
	case DIVIDE_PROJECT:
		json_put_text(w, name, USAGE_PROJECT);
		return;
	case DIVIDE_KEY:
		json_put_text(w, name, sum->key);
		return;
	case DIVIDE_MODEL:
	case DIVIDE_LINE_ITEM:
		json_put_text(w, name, sum->model);
		return;
	case DIVIDE_BATCH:
		json_put_bool(w, name, false);
		return;
	case DIVIDE_USER:
	case DIVIDE_SERVICE_TIER:
	case DIVIDE_CONTEXT_LEVEL:
		json_put_null(w, name);
		return;
	}
}

static void put_divisions(struct json_writer *w, const struct report *r,
			  const struct usage_query *q,
			  const struct usage_sum *sum)
{
	for (unsigned i = 0; i < USAGE_DIVISIONS; i++) {
		unsigned bit = 1u << i;
		const char *name = usage_division_names[i];

		if ((r->rules.divisions & bit) == 0)
			continue;
		if ((q->divisions & bit) != 0)
			put_division(w, (enum usage_division)bit, name, sum);
		else
			json_put_null(w, name);
	}
}

static void put_completions(struct json_writer *w, const struct usage_sum *sum)
{
	json_put_text(w, "object", "organization.usage.completions.result");
	json_put_int(w, "input_tokens", sum->prompt_tokens);
	json_put_int(w, "output_tokens", sum->completion_tokens);
	json_put_int(w, "num_model_requests", sum->requests);
	json_put_int(w, "input_cached_tokens", sum->cached_tokens);
	json_put_int(w, "input_cache_write_tokens", sum->cache_write_tokens);
	json_put_int(w, "input_uncached_tokens",
		     sum->prompt_tokens - sum->cached_tokens -
			     sum->cache_write_tokens);
}

static void put_searches(struct json_writer *w, const struct usage_sum *sum)
{
	json_put_text(w, "object", "organization.usage.web_searches.result");
	json_put_int(w, "num_requests", sum->searches);
	json_put_int(w, "num_model_requests", sum->requests);
}

static void put_costs(struct json_writer *w, const struct usage_sum *sum)
{
	char currency[8];
	size_t n = 0;

	for (; n < sizeof(currency) && sum->currency[n] != '\0'; n++)
		currency[n] = (char)tolower((unsigned char)sum->currency[n]);
	json_put_text(w, "object", "organization.costs.result");
	json_object(w, "amount");
	json_put_number(w, "value", (double)sum->cost / NANO);
	json_put_text_n(w, "currency", currency, n);
	json_close_object(w);
	json_put_null(w, "quantity");
}

/* With its sums; a quiet one is listed, too. */
static void put_bucket(struct json_writer *w, const struct report *r,
		       const struct usage_query *q, int64_t start,
		       const struct usage_sum *sums)
{
	json_object(w, NULL);
	json_put_text(w, "object", "bucket");
	json_put_int(w, "start_time", start / 1000);
	json_put_int(w, "end_time", (start + q->buckets.width) / 1000);
	json_array(w, "results");
	for (; sums != NULL; sums = sums->next) {
		json_object(w, NULL);
		r->put(w, sums);
		put_divisions(w, r, q, sums);
		json_close_object(w);
	}
	json_close_array(w);
	json_close_object(w);
}

static void send_page(struct exchange *x, const struct report *r,
		      const struct usage_query *q, struct usage_sum **sums)
{
	const struct usage_buckets *b = &q->buckets;
	struct json_response o;
	struct json_writer *w = json_response_begin(&o, x);

	json_object(w, NULL);
	json_put_text(w, "object", "page");
	json_array(w, "data");
	for (size_t i = 0; i < b->n; i++)
		put_bucket(w, r, q, b->from + (int64_t)i * b->width,
			   q->nothing ? NULL : sums[i]);
	json_close_array(w);
	json_put_bool(w, "has_more", q->next_page != NULL);
	json_put_text(w, "next_page", q->next_page);
	json_close_object(w);
	json_response_send(&o);
}

static void serve(struct exchange *x, const struct report *r)
{
	struct store *store = NULL;
	struct usage_sum **sums;
	struct usage_query q;
	struct error e;

	store = admin_store(x, &e);
	if (store == NULL || !usage_query_read(&q, x, &r->rules, &e)) {
		exchange_fail(x, &e);
		return;
	}
	q.buckets.by_currency = r->costs;
	sums = store_usage_buckets(store, &q.buckets, x->arena, &e);
	if (sums == NULL)
		exchange_fail(x, &e);
	else
		send_page(x, r, &q, sums);
}

void serve_organization_completions(struct exchange *x)
{
	static const struct report report = {
		{ DIVIDE_PROJECT | DIVIDE_USER | DIVIDE_KEY | DIVIDE_MODEL |
			  DIVIDE_BATCH | DIVIDE_SERVICE_TIER,
		  .max_days = 31 },
		.put = put_completions,
	};

	serve(x, &report);
}

void serve_organization_searches(struct exchange *x)
{
	static const struct report report = {
		{ DIVIDE_PROJECT | DIVIDE_USER | DIVIDE_KEY | DIVIDE_MODEL |
			  DIVIDE_CONTEXT_LEVEL,
		  .max_days = 31 },
		.put = put_searches,
	};

	serve(x, &report);
}

void serve_organization_costs(struct exchange *x)
{
	static const struct report report = {
		{ DIVIDE_PROJECT | DIVIDE_KEY | DIVIDE_LINE_ITEM,
		  .only_days = true, .max_days = 180 },
		.costs = true,
		.put = put_costs,
	};

	serve(x, &report);
}
