/* SPDX-License-Identifier: MIT */
/* Metrics of usage. Names and labels that begin with gen_ai are OpenTelemetry's,
 * as Prometheus spells them; the program is a client of Kimi's chats. Their
 * input has what was cached, their output the reasoning.
 * https://github.com/open-telemetry/semantic-conventions-genai */
#include "app/usage/usage_metrics.h"

#include "store/usage_totals.h"

#define MAX_SERIES 1000 /* of a family; if there are more, keys are one */
#define NANO 1e9

#define GEN_AI                                                                 \
	{ "gen_ai_operation_name", "chat" },                                   \
	{                                                                      \
		"gen_ai_provider_name", "moonshot_ai"                          \
	}
#define GEN_AI_TOKENS "gen_ai_client_inference_usage_"

static const struct counter {
	const char *name, *help;
	enum usage_number number;
} tokens[] = {
	{ GEN_AI_TOKENS "input_tokens_total",
	  "Input tokens, with those that were cached.", USAGE_PROMPT },
	{ GEN_AI_TOKENS "output_tokens_total",
	  "Output tokens, with those of reasoning.", USAGE_COMPLETION },
	{ GEN_AI_TOKENS "cache_read_input_tokens_total",
	  "Input tokens that Kimi had in its cache.", USAGE_CACHED },
	{ GEN_AI_TOKENS "cache_write_input_tokens_total",
	  "Input tokens that Kimi put into its cache.", USAGE_CACHE_WRITE },
	{ GEN_AI_TOKENS "reasoning_output_tokens_total",
	  "Output tokens of reasoning.", USAGE_REASONING },
}, others[] = {
	{ "kimi_proxy_web_searches_total",
	  "Web searches that Kimi charges for.", USAGE_SEARCHES },
	{ "kimi_proxy_unpriced_requests_total",
	  "Requests with tokens, but no cost: nobody told a price.",
	  USAGE_UNPRICED },
};

#define N(array) (sizeof(array) / sizeof(*(array)))

/* --- Counters ------------------------------------------------------------- */

static void put_tokens(struct exposition *x, const struct counter *c,
		       const struct usage_totals *all)
{
	exposition_family(x, c->name, "counter", c->help);
	for (size_t i = 0; i < all->n; i++) {
		const struct usage_total *t = &all->list[i];
		const struct exposition_label labels[] = {
			GEN_AI,
			{ "gen_ai_request_model", t->model },
			{ "service", t->service },
			{ "key", t->key },
			{ NULL, NULL },
		};

		exposition_sample(x, labels, (double)t->numbers[c->number]);
	}
}

/* Of a family of ours; `name` and `value` are of one more label, or NULL. */
static void put_total(struct exposition *x, const struct usage_total *t,
		      const char *name, const char *value, double number)
{
	const struct exposition_label labels[] = {
		{ "model", t->model }, { "service", t->service },
		{ "key", t->key },     { name, value },
		{ NULL, NULL },
	};

	exposition_sample(x, labels, number);
}

static void put_requests(struct exposition *x, const struct usage_totals *all)
{
	exposition_family(
		x, "kimi_proxy_requests_total", "counter",
		"Requests for a reply, by their outcome: refused ones "
		"were not sent to Kimi.");
	for (size_t i = 0; i < all->n; i++) {
		const struct usage_total *t = &all->list[i];
		int64_t failed = t->numbers[USAGE_FAILURES];
		int64_t refused = t->numbers[USAGE_REFUSALS];
		int64_t done = t->numbers[USAGE_REQUESTS] - failed - refused;

		put_total(x, t, "outcome", "done", (double)done);
		put_total(x, t, "outcome", "failed", (double)failed);
		put_total(x, t, "outcome", "refused", (double)refused);
	}
}

static void put_counter(struct exposition *x, const struct counter *c,
			const struct usage_totals *all)
{
	exposition_family(x, c->name, "counter", c->help);
	for (size_t i = 0; i < all->n; i++)
		put_total(x, &all->list[i], NULL, NULL,
			  (double)all->list[i].numbers[c->number]);
}

static void put_costs(struct exposition *x, const struct usage_totals *all)
{
	exposition_family(x, "kimi_proxy_cost_total", "counter",
			  "What requests cost, in units of the currency.");
	for (size_t i = 0; i < all->n_costs; i++) {
		const struct usage_total_cost *c = &all->costs[i];

		put_total(x, &all->list[c->of], "currency", c->currency,
			  (double)c->cost / NANO);
	}
}

static bool put_counters(struct exposition *x, struct store *store,
			 struct arena *a, struct error *e)
{
	struct usage_totals all;
	bool by_key;

	if (!store_usage_totals(store, true, &all, a, e))
		return false;
	by_key = all.n <= MAX_SERIES;
	if (!by_key && !store_usage_totals(store, false, &all, a, e))
		return false;
	exposition_gauge(x, "kimi_proxy_counts_by_key",
			 "Whether counters tell API keys apart: 0 where these "
			 "are too many.",
			 by_key);
	put_requests(x, &all);
	for (size_t i = 0; i < N(tokens); i++)
		put_tokens(x, &tokens[i], &all);
	for (size_t i = 0; i < N(others); i++)
		put_counter(x, &others[i], &all);
	put_costs(x, &all);
	return true;
}

/* --- Histograms ----------------------------------------------------------- */

static void put_times(struct exposition *x, const struct usage_latency *l,
		      const struct usage_histogram *h)
{
	const struct exposition_label labels[] = {
		GEN_AI,
		{ "gen_ai_request_model", l->model },
		{ "service", l->service },
		{ NULL, NULL },
	};
	const struct exposition_times times = {
		.bounds_ms = usage_bounds_ms,
		.at_most = h->at_most,
		.n = USAGE_BOUNDS,
		.count = h->count,
		.sum_ms = h->sum_ms,
	};

	exposition_times(x, labels, &times);
}

static bool put_histograms(struct exposition *x, struct store *store,
			   struct arena *a, struct error *e)
{
	struct usage_latency *list;
	size_t n;

	if (!store_usage_latencies(store, &list, &n, a, e))
		return false;
	exposition_family(x, "gen_ai_client_inference_duration_seconds",
			  "histogram",
			  "How long requests took that were sent to Kimi.");
	for (size_t i = 0; i < n; i++)
		put_times(x, &list[i], &list[i].duration);
	exposition_family(x,
			  "gen_ai_client_inference_time_to_first_chunk_seconds",
			  "histogram",
			  "How long it took to the first token of a reply.");
	for (size_t i = 0; i < n; i++)
		put_times(x, &list[i], &list[i].first_token);
	return true;
}

bool usage_metrics_put(struct exposition *x, struct store *store,
		       struct arena *a, struct error *e)
{
	return put_counters(x, store, a, e) && put_histograms(x, store, a, e);
}
