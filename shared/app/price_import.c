/* SPDX-License-Identifier: MIT */
/* Prices from the lists that others keep. */
#include "app/price_import.h"

#include <string.h>

#include "base/decimal.h"
#include "base/json.h"

struct import {
	struct dated_price *prices;
	size_t n, room;
	struct arena *arena;
};

/* Where a list has a price, and by which power of ten it becomes micro-units of
 * a million tokens. */
struct form {
	const char *source;
	int shift;
	const char *input, *cached, *cache_write, *cache_write_1h, *output;
};

static const struct form litellm = {
	.source = "LiteLLM",
	.shift = 12, /* USD for a token */
	.input = "input_cost_per_token",
	.cached = "cache_read_input_token_cost",
	.cache_write = "cache_creation_input_token_cost",
	.cache_write_1h = "cache_creation_input_token_cost_above_1hr",
	.output = "output_cost_per_token",
};

static const struct form models_dev = {
	.source = "models.dev",
	.shift = 6, /* USD for a million */
	.input = "cost.input",
	.cached = "cost.cache_read",
	.cache_write = "cost.cache_write",
	.output = "cost.output",
};

static bool read_rate(const cJSON *model, const struct form *form,
		      const char *path, int64_t *rate, struct arena *a,
		      struct error *e)
{
	const cJSON *number = path == NULL ? NULL : json_at(model, path);

	*rate = PRICE_UNKNOWN;
	return number == NULL ||
	       decimal_read(json_print(a, number), form->shift, rate) ||
	       error_set(e, ERROR_VALUE,
			 "The price %s of %.64s is not in whole millionths of "
			 "a dollar per million tokens: %.32s.",
			 path, model->string, json_print(a, number));
}

static bool read_model(struct import *i, const cJSON *model, const char *name,
		       const struct form *form, struct error *e)
{
	struct dated_price p = { .service = "platform",
				 .region = "global",
				 .model = name,
				 .currency = "USD",
				 .source = form->source };
	struct price_rates *r = &p.rates;
	struct arena *a = i->arena;

	if (!read_rate(model, form, form->input, &r->input, a, e) ||
	    !read_rate(model, form, form->cached, &r->cached, a, e) ||
	    !read_rate(model, form, form->cache_write, &r->cache_write, a, e) ||
	    !read_rate(model, form, form->cache_write_1h, &r->cache_write_1h, a,
		       e) ||
	    !read_rate(model, form, form->output, &r->output, a, e))
		return false;
	r->per_search = PRICE_UNKNOWN;
	if (r->input == PRICE_UNKNOWN && r->output == PRICE_UNKNOWN)
		return true;
	i->prices = arena_grow(a, i->prices, &i->room, i->n + 1, sizeof(p));
	i->prices[i->n++] = p;
	return true;
}

/* Members "moonshot/kimi-k3"; those of resellers have other prefixes. */
#define LITELLM_PREFIX "moonshot/"

static bool read_litellm(struct import *i, const cJSON *list, struct error *e)
{
	size_t n = strlen(LITELLM_PREFIX);
	const cJSON *m;

	cJSON_ArrayForEach(m, list) {
		if (strncmp(m->string, LITELLM_PREFIX, n) == 0 &&
		    !read_model(i, m, m->string + n, &litellm, e))
			return false;
	}
	return true;
}

/* Its list of moonshotai-cn is in USD, too, in which nobody pays there. */
static bool read_models_dev(struct import *i, const cJSON *list,
			    struct error *e)
{
	const cJSON *m;

	cJSON_ArrayForEach(m, json_at(list, "moonshotai.models")) {
		if (!read_model(i, m, m->string, &models_dev, e))
			return false;
	}
	return true;
}

bool price_import(const char *json, size_t length, struct dated_price **prices,
		  size_t *n, struct arena *a, struct error *e)
{
	struct import i = { .arena = a };
	const cJSON *list = json_parse(a, json, length, e);

	if (list == NULL)
		return false;
	if (!read_models_dev(&i, list, e) || !read_litellm(&i, list, e))
		return false;
	*prices = i.prices;
	*n = i.n;
	return i.n > 0 ||
	       error_set(e, ERROR_VALUE,
			 "There are no prices of Moonshot in it, neither as "
			 "LiteLLM's model_prices_and_context_window.json nor "
			 "as models.dev's api.json has them.");
}
