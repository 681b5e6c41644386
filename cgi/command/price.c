/* SPDX-License-Identifier: MIT */
/* `price …`. */
#include "cgi/command/price.h"

#include <ctype.h>
#include <string.h>

#include "app/price_import.h"
#include "base/clock.h"
#include "base/decimal.h"
#include "cgi/command/input_file.h"
#include "cgi/command/option_value.h"
#include "store/price_list.h"

#define CHECKED_MS (INT64_C(30) * 24 * 60 * 60 * 1000)
#define MAX_FILE (32 * 1024 * 1024)
#define MICRO 6 /* digits of an amount behind its point */

/* --- price list ----------------------------------------------------------- */

const struct command_option price_list_options[] = {
	{ "all", NULL, "also those that were replaced" },
	{ NULL, NULL, NULL },
};

/* A price is as it was set: 0.19, and nothing if it is unknown. */
static const struct output_column list_columns[] = {
	{ "service", OUTPUT_TEXT, OUTPUT_ALWAYS },
	{ "region", OUTPUT_TEXT, OUTPUT_ALWAYS },
	{ "model", OUTPUT_ID, OUTPUT_ALWAYS },
	{ "currency", OUTPUT_TEXT, OUTPUT_ALWAYS },
	{ "input", OUTPUT_DECIMAL, OUTPUT_ALWAYS },
	{ "cached", OUTPUT_DECIMAL, OUTPUT_ALWAYS },
	{ "output", OUTPUT_DECIMAL, OUTPUT_ALWAYS },
	{ "cache_write", OUTPUT_DECIMAL, OUTPUT_IF_WIDE },
	{ "cache_write_1h", OUTPUT_DECIMAL, OUTPUT_IF_WIDE },
	{ "per_search", OUTPUT_DECIMAL, OUTPUT_IF_WIDE },
	{ "since", OUTPUT_TIME, OUTPUT_IF_WIDE },
	{ "source", OUTPUT_TEXT, OUTPUT_DETAIL },
};

static void print_rate(struct output *o, int64_t rate)
{
	output_number(o, rate == PRICE_UNKNOWN ? OUTPUT_ABSENT : rate);
}

static const char *or_absent(const char *text)
{
	return *text == '\0' ? NULL : text;
}

enum command_exit price_list(struct command *c)
{
	bool all = option_given(&c->options, "all");
	struct output *o = &c->output;
	struct dated_price *list;
	struct error e;
	size_t n;

	if (!store_prices_list(c->store, all, &list, &n, &c->arena, &e))
		return command_fail(&e);
	output_table(o, NULL, list_columns,
		     sizeof(list_columns) / sizeof(*list_columns));
	for (size_t i = 0; i < n; i++) {
		const struct dated_price *p = &list[i];

		output_text(o, p->service);
		output_text(o, or_absent(p->region));
		output_text(o, p->model);
		output_text(o, p->currency);
		print_rate(o, p->rates.input);
		print_rate(o, p->rates.cached);
		print_rate(o, p->rates.output);
		print_rate(o, p->rates.cache_write);
		print_rate(o, p->rates.cache_write_1h);
		print_rate(o, p->rates.per_search);
		output_number(o, p->since == 0 ? OUTPUT_ABSENT : p->since);
		output_text(o, p->source);
	}
	output_end(o);
	output_line(o, "Per million tokens; each search by itself.");
	return COMMAND_DONE;
}

/* --- price set ------------------------------------------------------------ */

const struct command_option price_set_options[] = {
	{ "service", "platform|code|web", "whose (default: platform)" },
	{ "region", "cn|global",
	  "where (default: in each without one of its own)" },
	{ "currency", "CODE", "of the price (default: CNY in cn, else USD)" },
	{ "since", "TIME",
	  "from when on, by the start of requests (default: "
	  "now)" },
	{ "input", "PRICE", "of a million tokens of prompts" },
	{ "cached", "PRICE", "of those that were read from the cache" },
	{ "cache-write", "PRICE", "of those that were written to it" },
	{ "cache-write-1h", "PRICE", "of those that it keeps for an hour" },
	{ "output", "PRICE", "of a million tokens of replies" },
	{ "per-search", "PRICE", "of each search of the web" },
	{ NULL, NULL, NULL },
};

static bool read_rate(const struct options *o, const char *name, int64_t *rate,
		      struct error *e)
{
	const char *text = option_text(o, name);

	*rate = PRICE_UNKNOWN;
	return text == NULL || decimal_read(text, MICRO, rate) ||
	       error_set(e, ERROR_VALUE,
			 "--%s must be a price as 0.19, with at most six "
			 "digits behind the point, but not \"%.64s\".",
			 name, text);
}

static bool read_rates(const struct options *o, struct price_rates *r,
		       struct error *e)
{
	static const struct price_rates nothing = {
		PRICE_UNKNOWN, PRICE_UNKNOWN, PRICE_UNKNOWN,
		PRICE_UNKNOWN, PRICE_UNKNOWN, PRICE_UNKNOWN,
	};

	if (!read_rate(o, "input", &r->input, e) ||
	    !read_rate(o, "cached", &r->cached, e) ||
	    !read_rate(o, "cache-write", &r->cache_write, e) ||
	    !read_rate(o, "cache-write-1h", &r->cache_write_1h, e) ||
	    !read_rate(o, "output", &r->output, e) ||
	    !read_rate(o, "per-search", &r->per_search, e))
		return false;
	return memcmp(r, &nothing, sizeof(nothing)) != 0 ||
	       error_set(e, ERROR_VALUE,
			 "There is no price to set: give --input, --cached, "
			 "--output or another one.");
}

static bool check_currency(const char *code, struct error *e)
{
	bool ok = strlen(code) == 3;

	for (size_t i = 0; ok && i < 3; i++)
		ok = isupper((unsigned char)code[i]);
	return ok || error_set(e, ERROR_VALUE,
			       "--currency must be a code as USD or CNY, but "
			       "not \"%.64s\".",
			       code);
}

static bool check_model(const char *model, struct error *e)
{
	const char *star = strchr(model, '*');

	return (*model != '\0' && (star == NULL || star[1] == '\0')) ||
	       error_set(e, ERROR_VALUE,
			 "The model must be a name as kimi-k3, or its start "
			 "and a star as \"kimi-k3*\".");
}

static const char *text_or(const char *text, const char *otherwise)
{
	return text == NULL ? otherwise : text;
}

static bool read_price(const struct command *c, struct dated_price *p,
		       struct error *e)
{
	const struct options *o = &c->options;
	int64_t now = clock_wall_ms();
	const char *region = text_or(option_text(o, "region"), "");
	bool cn = strcmp(region, "cn") == 0;

	*p = (struct dated_price){
		.service = text_or(option_text(o, "service"), "platform"),
		.region = region,
		.model = argument(o, 0),
		.currency =
			text_or(option_text(o, "currency"), cn ? "CNY" : "USD"),
		.since = now,
		.source = "set by the owner",
	};
	return check_model(p->model, e) && check_currency(p->currency, e) &&
	       option_time(o, "since", now, &p->since, e) &&
	       read_rates(o, &p->rates, e);
}

/* Where the model has a price that goes before that of each region: "cn, global".
 * NULL: nowhere. */
static bool find_regions(struct command *c, const struct dated_price *of,
			 const char **regions, struct error *e)
{
	const char *last = of->region;
	struct dated_price *list;
	size_t n;

	*regions = NULL;
	if (*of->region != '\0')
		return true;
	if (!store_prices_list(c->store, false, &list, &n, &c->arena, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(list[i].service, of->service) != 0 ||
		    strcmp(list[i].model, of->model) != 0 ||
		    strcmp(list[i].region, last) == 0)
			continue;
		last = list[i].region;
		*regions = *regions == NULL ? last :
					      arena_printf(&c->arena, "%s, %s",
							   *regions, last);
	}
	return true;
}

enum command_exit price_set(struct command *c)
{
	struct dated_price price;
	const char *regions;
	struct error e;
	size_t added;

	if (!read_price(c, &price, &e) ||
	    !store_prices_add(c->store, &price, 1, &added, &e) ||
	    !find_regions(c, &price, &regions, &e))
		return command_fail(&e);
	command_say(added == 0 ? "The price of %s was so already." :
				 "The price of %s is set. What is charged "
				 "already stays as it is.",
		    price.model);
	if (regions != NULL)
		command_say("It does not count where %s has a price of its own "
			    "(%s): give --region to change that one.",
			    price.model, regions);
	return COMMAND_DONE;
}

/* --- price import --------------------------------------------------------- */

const struct command_option price_import_options[] = {
	{ "since", "TIME", "from when on (default: now)" },
	{ NULL, NULL, NULL },
};

static bool read_prices(struct command *c, struct dated_price **prices,
			size_t *n, struct error *e)
{
	int64_t now = clock_wall_ms(), since = now;
	struct buf text;
	bool ok;

	buf_init(&text, MAX_FILE);
	ok = option_time(&c->options, "since", now, &since, e) &&
	     input_file_read(argument(&c->options, 0), &text, e) &&
	     price_import(text.p, text.len, prices, n, &c->arena, e);
	buf_fini(&text);
	for (size_t i = 0; ok && i < *n; i++)
		(*prices)[i].since = since;
	return ok;
}

enum command_exit price_import_file(struct command *c)
{
	struct dated_price *prices;
	struct error e;
	size_t n, added;

	if (!read_prices(c, &prices, &n, &e) ||
	    !store_prices_add(c->store, prices, n, &added, &e))
		return command_fail(&e);
	command_say("%zu prices are new, and %zu were so already.", added,
		    n - added);
	return COMMAND_DONE;
}

/* --- price check ---------------------------------------------------------- */

static const struct output_column check_columns[] = {
	{ "service", OUTPUT_TEXT, OUTPUT_ALWAYS },
	{ "region", OUTPUT_TEXT, OUTPUT_ALWAYS },
	{ "model", OUTPUT_ID, OUTPUT_ALWAYS },
	{ "requests", OUTPUT_INTEGER, OUTPUT_ALWAYS },
	{ "lacks", OUTPUT_TEXT, OUTPUT_ALWAYS },
};

enum command_exit price_check(struct command *c)
{
	int64_t since = clock_wall_ms() - CHECKED_MS;
	struct output *o = &c->output;
	struct unpriced_model *list;
	struct error e;
	size_t n;

	if (!store_prices_missing(c->store, since, &list, &n, &c->arena, &e))
		return command_fail(&e);
	output_table(o, NULL, check_columns,
		     sizeof(check_columns) / sizeof(*check_columns));
	for (size_t i = 0; i < n; i++) {
		output_text(o, list[i].service);
		output_text(o, list[i].region);
		output_text(o, list[i].model);
		output_number(o, list[i].requests);
		output_text(o, list[i].lacks);
		output_style(o, OUTPUT_BAD);
	}
	output_end_or(o, "All models of the last 30 days have prices.");
	return n == 0 ? COMMAND_DONE : COMMAND_WRONG;
}
