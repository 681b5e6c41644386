/* SPDX-License-Identifier: MIT */
/* `usage`. */
#include "cgi/command/usage.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cgi/command/chart.h"
#include "cgi/command/key.h"
#include "cgi/command/option_value.h"
#include "store/usage_report.h"

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

const struct command_option usage_options[] = {
	{ "by", "day|hour|week|month|key|model|credential|conversation",
	  "what the lines are (default: day)" },
	{ "key", "KEY", "only what this API key used" },
	{ "model", "MODEL", "only what was used of this model" },
	{ "since", "TIME",
	  "start of the period (default: 30d; hours 24h, weeks 12w, months "
	  "365d)" },
	{ "until", "TIME", "end of the period (default: now)" },
	{ NULL, NULL, NULL },
};

/* In the order of enum usage_group. */
static const struct {
	const char *name;
	int64_t since;	/* ms ago, unless somebody says otherwise */
	size_t in_time; /* how much of a time is shown */
} groups[] = {
	{ "day", 30 * DAY_MS, sizeof("2026-12-02") - 1 },
	{ "hour", DAY_MS, sizeof("2026-12-02 00:00") - 1 },
	{ "week", 12 * 7 * DAY_MS, sizeof("2026-12-02") - 1 },
	{ "month", 365 * DAY_MS, sizeof("2026-12") - 1 },
	{ "key", 30 * DAY_MS, 0 },
	{ "model", 30 * DAY_MS, 0 },
	{ "credential", 30 * DAY_MS, 0 },
	{ "conversation", 30 * DAY_MS, 0 },
};

static const struct output_column columns[] = {
	{ "", OUTPUT_ID, OUTPUT_ALWAYS }, /* the group */
	{ "requests", OUTPUT_INTEGER, OUTPUT_ALWAYS },
	{ "failures", OUTPUT_INTEGER, OUTPUT_IF_WIDE },
	{ "refusals", OUTPUT_INTEGER, OUTPUT_IF_WIDE },
	{ "prompt_tokens", OUTPUT_INTEGER, OUTPUT_ALWAYS },
	{ "completion_tokens", OUTPUT_INTEGER, OUTPUT_ALWAYS },
	{ "cost", OUTPUT_MONEY, OUTPUT_ALWAYS },
	{ "list_cost", OUTPUT_MONEY, OUTPUT_IF_WIDE },
	{ "unpriced", OUTPUT_INTEGER, OUTPUT_IF_WIDE },
	{ "cached_tokens", OUTPUT_INTEGER, OUTPUT_IF_WIDE },
	{ "cache_write_tokens", OUTPUT_INTEGER, OUTPUT_DETAIL },
	{ "cache_write_1h_tokens", OUTPUT_INTEGER, OUTPUT_DETAIL },
	{ "reasoning_tokens", OUTPUT_INTEGER, OUTPUT_DETAIL },
	{ "searches", OUTPUT_INTEGER, OUTPUT_DETAIL },
	{ "key", OUTPUT_TEXT, OUTPUT_ALWAYS }, /* only of conversations */
};
#define COLUMNS (sizeof(columns) / sizeof(*columns))

/* A report, and how its lines are called. */
struct usage {
	struct command *command;
	struct usage_question question;
	int64_t key; /* that it is about */
	struct usage_line *lines;
	size_t n;
};

static bool read_question(struct command *c, struct usage_question *q,
			  struct error *e)
{
	const char *by = option_text(&c->options, "by");
	int64_t now = clock_wall_ms();

	*q = (struct usage_question){ .until = now + 1,
				      .zone = app_time_zone(c->app),
				      .model = option_text(&c->options,
							   "model") };
	while (by != NULL && strcmp(groups[q->by].name, by) != 0)
		q->by++;
	q->since = now - groups[q->by].since;
	if (!option_time(&c->options, "since", now, &q->since, e) ||
	    !option_time(&c->options, "until", now, &q->until, e))
		return false;
	return q->since < q->until ||
	       error_set(e, ERROR_VALUE,
			 "--since must be before --until, which is now if it "
			 "is not given.");
}

static bool read_key(struct usage *u, struct error *e)
{
	if (!key_option(u->command, &u->key, e))
		return false;
	if (u->key != 0)
		u->question.key = &u->key;
	return true;
}

/* What has no name is called so for people, and is null for programs. */
static const char *name_of(const struct usage *u, const struct usage_line *line)
{
	struct arena *a = &u->command->arena;
	char *time;

	if (u->question.by >= USAGE_BY_KEY)
		return line->name;
	time = arena_copy(a,
			  time_zone_text(u->question.zone, line->began_at, a));
	time[groups[u->question.by].in_time] = '\0';
	return time;
}

/* --- For programs, and in a pipe --- */

static void print_line(struct output *o, const struct usage *u,
		       const struct usage_line *line)
{
	const int64_t *n = line->numbers;

	output_text(o, name_of(u, line));
	output_number(o, n[USAGE_REQUESTS]);
	output_number(o, n[USAGE_FAILURES]);
	output_number(o, n[USAGE_REFUSALS]);
	output_number(o, n[USAGE_PROMPT]);
	output_number(o, n[USAGE_COMPLETION]);
	output_money(o, n[USAGE_COST], line->currency);
	output_money(o, n[USAGE_LIST_COST], line->list_currency);
	output_number(o, n[USAGE_UNPRICED]);
	output_number(o, n[USAGE_CACHED]);
	output_number(o, n[USAGE_CACHE_WRITE]);
	output_number(o, n[USAGE_CACHE_WRITE_1H]);
	output_number(o, n[USAGE_REASONING]);
	output_number(o, n[USAGE_SEARCHES]);
	if (u->question.by == USAGE_BY_CONVERSATION)
		output_text(o, line->key);
}

static void print_table(struct output *o, const struct usage *u)
{
	struct output_column *list = arena_alloc(o->arena, sizeof(columns));
	bool keys = u->question.by == USAGE_BY_CONVERSATION;

	memcpy(list, columns, sizeof(columns));
	list[0].name = groups[u->question.by].name;
	output_table(o, NULL, list, keys ? COLUMNS : COLUMNS - 1);
	for (size_t i = 0; i < u->n; i++)
		print_line(o, u, &u->lines[i]);
	output_end_or(o, "Nothing was used.");
}

/* --- For a terminal --- */

static const char *amounts(struct output *o, const struct usage_line *line)
{
	const int64_t *n = line->numbers;
	const char *text = arena_printf(
		o->arena, "%" PRId64 " tokens, %" PRId64 " request%s",
		n[USAGE_PROMPT] + n[USAGE_COMPLETION], n[USAGE_REQUESTS],
		n[USAGE_REQUESTS] == 1 ? "" : "s");

	if (line->currency != NULL)
		text = arena_printf(o->arena, "%s, %s%s", text,
				    n[USAGE_UNPRICED] > 0 ? "at least " : "",
				    output_money_text(o, n[USAGE_COST],
						      line->currency));
	return text;
}

static void print_chart(struct output *o, const struct usage *u)
{
	struct chart_bar *bars =
		arena_alloc(o->arena, (u->n + 1) * sizeof(*bars));

	for (size_t i = 0; i < u->n; i++) {
		const struct usage_line *line = &u->lines[i];
		const int64_t *n = line->numbers;
		const char *name = name_of(u, line);

		bars[i] = (struct chart_bar){
			.label = name == NULL ? "-" : name,
			.text = n[USAGE_REQUESTS] == 0 ? "" : amounts(o, line),
			.to = (double)(n[USAGE_PROMPT] + n[USAGE_COMPLETION]),
		};
	}
	chart_bars(o, bars, u->n);
}

/* --- Totals, of each currency by itself --- */

static void sum_up(const struct usage *u, struct usage_line *sum)
{
	for (size_t i = 0; i < u->n; i++)
		for (int j = 0; j < USAGE_NUMBERS; j++)
			sum->numbers[j] += u->lines[i].numbers[j];
}

static const char *currency_of(const struct usage_line *line, bool list)
{
	return list ? line->list_currency : line->currency;
}

/* False unless the line is the first one with its currency. */
static bool sum_currency(const struct usage *u, size_t first, bool list,
			 int64_t *sum)
{
	const char *currency = currency_of(&u->lines[first], list);

	*sum = 0;
	for (size_t i = 0; i < u->n; i++) {
		if (!text_same(currency_of(&u->lines[i], list), currency))
			continue;
		if (i < first)
			return false;
		*sum += u->lines[i]
				.numbers[list ? USAGE_LIST_COST : USAGE_COST];
	}
	return currency != NULL;
}

/* All costs of a kind: "1.2000 USD, 3.0000 CNY". "": none. */
static const char *costs(struct output *o, const struct usage *u, bool list)
{
	const char *text = "";
	int64_t sum;

	for (size_t i = 0; i < u->n; i++)
		if (sum_currency(u, i, list, &sum))
			text = arena_printf(
				o->arena, "%s%s%s", text,
				*text == '\0' ? "" : ", ",
				output_money_text(o, sum,
						  currency_of(&u->lines[i],
							      list)));
	return text;
}

static void print_totals(struct output *o, const struct usage *u)
{
	const char *cost = costs(o, u, false);
	const char *list = costs(o, u, true);
	struct usage_line sum = { 0 };
	const int64_t *n = sum.numbers;

	sum_up(u, &sum);
	output_line(o,
		    "Requests: %" PRId64 " (%" PRId64 " failed, %" PRId64
		    " refused).",
		    n[USAGE_REQUESTS], n[USAGE_FAILURES], n[USAGE_REFUSALS]);
	output_line(o,
		    "Tokens: %" PRId64 " (prompts %" PRId64 ", of them cached "
		    "%" PRId64 "; replies %" PRId64 ").",
		    n[USAGE_PROMPT] + n[USAGE_COMPLETION], n[USAGE_PROMPT],
		    n[USAGE_CACHED], n[USAGE_COMPLETION]);
	if (*cost != '\0')
		output_line(o, "Cost: %s.", cost);
	if (*list != '\0')
		output_line(o,
			    "On the Open Platform, what plans paid for "
			    "would have cost: %s.",
			    list);
	if (n[USAGE_UNPRICED] > 0)
		output_line(o,
			    "Requests without a price: %" PRId64
			    " (see kimi-proxy price check).",
			    n[USAGE_UNPRICED]);
}

enum command_exit usage_run(struct command *c)
{
	struct output *o = &c->output;
	struct usage u = { .command = c };
	struct error e;

	if (!read_question(c, &u.question, &e) || !read_key(&u, &e) ||
	    !store_usage_report(c->store, &u.question, &u.lines, &u.n,
				&c->arena, &e))
		return command_fail(&e);
	if (o->format == OUTPUT_FOR_PEOPLE && o->terminal.is_one)
		print_chart(o, &u);
	else
		print_table(o, &u);
	print_totals(o, &u);
	return COMMAND_DONE;
}
