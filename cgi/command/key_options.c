/* SPDX-License-Identifier: MIT */
/* The options of API keys. */
#include "cgi/command/key_options.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cgi/command/option_value.h"
#include "store/limits.h"

#define NONE "none"
#define NANO INT64_C(1000000000)
#define DIGITS 9 /* of a fraction of a currency */

/* clang-format off */
#define SETTINGS \
	{ "admin", "yes|no", "whether it may see everybody's usage" }, \
	{ "models", "MODEL...", "the only ones it may use; kimi-k3* stands for " \
	  "all that begin with kimi-k3" }, \
	{ "credentials", "CREDENTIAL...", "the only ones its requests may " \
	  "use, by name or label" }, \
	{ "rpm", "N", "requests per minute" }, \
	{ "tpm", "N", "tokens per minute" }, \
	{ "concurrent", "N", "requests at once" }, \
	{ "budget", "AMOUNT...", "for a day, week, month or in total, such as " \
	  "100000tokens/day or 5USD/month" }, \
	{ "expires", "TIME", "when it ends: a date, or 90d for 90 days from now" }, \
	{ "space", "BYTES", "how much it may keep" }, \
	{ "reserve-output", "N", "tokens to reserve for a reply when the " \
	  "request sets no limit" }, \
	{ "on-disconnect", "cancel|finish|none", "what happens to a reply " \
	  "whose client has left" }, \
	{ NULL, NULL, NULL }
/* clang-format on */

const struct command_option key_add_options[] = { SETTINGS };

const struct command_option key_set_options[] = {
	{ "name", "NAME", "what it is called from now on" },
	SETTINGS,
};

static bool is_none(const struct options *o, const char *name)
{
	const char *text = option_text(o, name);

	return text != NULL && strcmp(text, NONE) == 0;
}

static bool read_limit(const struct options *o, const char *name, int64_t most,
		       int64_t *v, struct error *e)
{
	if (!is_none(o, name))
		return option_number(o, name, 1, most, v, e);
	*v = 0;
	return true;
}

static bool read_space(const struct options *o, int64_t *v, struct error *e)
{
	if (!is_none(o, "space"))
		return option_number(o, "space", 0, INT64_MAX, v, e);
	*v = -1;
	return true;
}

/* Several values, each of which may be a list with commas. */
static void read_list(const struct options *o, const char *name,
		      struct config_list *list)
{
	struct config_list given = option_list(o, name);
	const char *all = NULL;

	if (given.items == NULL)
		return;
	for (size_t i = 0; i < given.n; i++)
		all = all == NULL ? given.items[i] :
				    arena_printf(o->arena, "%s,%s", all,
						 given.items[i]);
	*list = (struct config_list){ 0 };
	if (!is_none(o, name))
		*list = config_list_parse(o->arena, all, ',');
}

/* A duration is from now on, unlike those of other commands. */
static bool read_expiry(const struct options *o, int64_t *ms, struct error *e)
{
	int64_t now = clock_wall_ms(), left = 0;
	struct error ignored;

	if (is_none(o, "expires")) {
		*ms = 0;
		return true;
	}
	if (option_text(o, "expires") == NULL)
		return true;
	if (option_duration(o, "expires", &left, &ignored))
		*ms = now + left;
	else if (!option_time(o, "expires", now, ms, e))
		return false;
	return *ms > now ||
	       error_set(e, ERROR_VALUE,
			 "--expires must be a time to come, but not \"%s\"; "
			 "'kimi-proxy key block' refuses a key at once.",
			 option_text(o, "expires"));
}

static void read_word(const struct options *o, const char *name,
		      const char **word)
{
	if (option_given(o, name))
		*word = is_none(o, name) ? NULL : option_text(o, name);
}

/* --- Budgets -------------------------------------------------------------- */

static bool refuse_budget(const char *text, struct error *e)
{
	return error_set(e, ERROR_VALUE,
			 "--budget must be as 100000tokens/day, 5USD/month or "
			 "19.50CNY/total, with day, week, month or total, but "
			 "not \"%.64s\".",
			 text);
}

/* The digits behind a point, as billionths. False if there are too many. */
static bool read_fraction(const char **at, int64_t *nano)
{
	int64_t place = NANO;
	const char *p = *at;

	*nano = 0;
	if (*p != '.')
		return true;
	for (p++; isdigit((unsigned char)*p); p++) {
		place /= 10;
		*nano += (*p - '0') * place;
	}
	if (p - *at - 1 > DIGITS || p == *at + 1)
		return false;
	*at = p;
	return true;
}

static const char *find_word(const char *const *words, const char *p, size_t n)
{
	for (; *words != NULL; words++)
		if (strlen(*words) == n && strncmp(*words, p, n) == 0)
			return *words;
	return NULL;
}

static bool is_money(const struct store_key_budget *b)
{
	return strcmp(b->unit, "tokens") != 0;
}

static bool read_budget(const char *text, struct store_key_budget *b,
			struct error *e)
{
	static const char *const units[] = { "tokens", "USD", "CNY", NULL };
	static const char *const periods[] = { "day", "week", "month", "total",
					       NULL };
	const char *at, *slash = strchr(text, '/');
	int64_t nano;
	char *end;
	long long whole;

	errno = 0;
	whole = strtoll(text, &end, 10);
	at = end;
	if (slash == NULL || !isdigit((unsigned char)*text) || errno != 0 ||
	    !read_fraction(&at, &nano) || at > slash)
		return refuse_budget(text, e);
	b->unit = find_word(units, at, (size_t)(slash - at));
	b->period = find_word(periods, slash + 1, strlen(slash + 1));
	if (b->unit == NULL || b->period == NULL ||
	    (is_money(b) ? whole >= INT64_MAX / NANO : nano != 0))
		return refuse_budget(text, e);
	b->amount = is_money(b) ? whole * NANO + nano : whole;
	return true;
}

/* A request costs in one currency. */
static bool add_budget(struct store_key_budget *list, size_t *n,
		       const char *text, struct error *e)
{
	struct store_key_budget *b = &list[*n];

	if (!read_budget(text, b, e))
		return false;
	for (size_t i = 0; i < *n; i++) {
		bool same = strcmp(list[i].unit, b->unit) == 0;

		if (same && strcmp(list[i].period, b->period) == 0)
			return error_set(e, ERROR_VALUE,
					 "There are two --budget for %s/%s.",
					 b->unit, b->period);
		if (!same && is_money(&list[i]) && is_money(b))
			return error_set(e, ERROR_VALUE,
					 "A key can have budgets in one "
					 "currency, not in %s and %s.",
					 list[i].unit, b->unit);
	}
	++*n;
	return true;
}

static bool read_budgets(const struct options *o,
			 const struct store_key_budgets **budgets,
			 struct error *e)
{
	struct config_list given = option_list(o, "budget");
	struct store_key_budgets *all;
	struct store_key_budget *list;
	size_t n = 0;

	*budgets = NULL;
	if (given.items == NULL)
		return true;
	list = arena_array(o->arena, given.n, sizeof(*list));
	for (size_t i = 0; i < given.n && !is_none(o, "budget"); i++)
		if (!add_budget(list, &n, given.items[i], e))
			return false;
	all = arena_alloc(o->arena, sizeof(*all));
	*all = (struct store_key_budgets){ list, n };
	*budgets = all;
	return true;
}

/* --- All of it ------------------------------------------------------------ */

bool key_options_read(const struct options *o, struct store_api_key *k,
		      const struct store_key_budgets **budgets, struct error *e)
{
	const char *admin = option_text(o, "admin");

	if (admin != NULL)
		k->admin = strcmp(admin, "yes") == 0;
	read_list(o, "models", &k->models);
	read_list(o, "credentials", &k->credentials);
	read_word(o, "on-disconnect", &k->on_disconnect);
	return read_limit(o, "rpm", STORE_MAX_PER_MINUTE,
			  &k->requests_per_minute, e) &&
	       read_limit(o, "tpm", STORE_MAX_PER_MINUTE, &k->tokens_per_minute,
			  e) &&
	       read_limit(o, "concurrent", INT32_MAX, &k->max_concurrent, e) &&
	       read_limit(o, "reserve-output", INT32_MAX, &k->reserve_output,
			  e) &&
	       read_space(o, &k->space, e) &&
	       read_expiry(o, &k->expires_at, e) && read_budgets(o, budgets, e);
}
