/* SPDX-License-Identifier: MIT */
/* What is known of credentials, as tables. */
#include "cgi/command/credential_reports.h"

#include <inttypes.h>
#include <string.h>

#include "upstream/upstream.h"

#define N(list) (sizeof(list) / sizeof(*(list)))

static const struct output_column columns[] = {
	{ "credential", OUTPUT_TEXT, OUTPUT_ALWAYS },
	{ "service", OUTPUT_TEXT, OUTPUT_ALWAYS },
	{ "state", OUTPUT_TEXT, OUTPUT_ALWAYS },
	{ "until", OUTPUT_TIME, OUTPUT_IF_WIDE },
	{ "comes_from", OUTPUT_TEXT, OUTPUT_IF_WIDE },
	{ "plan", OUTPUT_TEXT, OUTPUT_IF_WIDE },
	{ "host", OUTPUT_TEXT, OUTPUT_IF_WIDE },
	{ "details", OUTPUT_TEXT, OUTPUT_DETAIL },
	{ "model", OUTPUT_TEXT, OUTPUT_DETAIL },
	{ "prompt_tokens", OUTPUT_INTEGER, OUTPUT_DETAIL },
	{ "completion_tokens", OUTPUT_INTEGER, OUTPUT_DETAIL },
	{ "cost", OUTPUT_MONEY, OUTPUT_DETAIL },
	{ "list_cost", OUTPUT_MONEY, OUTPUT_DETAIL },
};

static bool is_well(const struct credential_report *r)
{
	return r->health == CREDENTIAL_OK ||
	       r->health == CREDENTIAL_UNCHECKED ||
	       r->health == CREDENTIAL_PAUSED;
}

bool credential_reports_are_well(const struct credential_report *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!is_well(&list[i]))
			return false;
	return true;
}

static int64_t or_absent(int64_t v, bool known)
{
	return known ? v : OUTPUT_ABSENT;
}

static void put_cost(struct output *o, int64_t nano, const char *currency)
{
	output_money(o, or_absent(nano, currency != NULL), currency);
}

static void put_report(struct output *o, const struct credential_report *r)
{
	const struct credential *c = &r->of->credential;
	bool counted = r->usage.source != CHAT_USAGE_NONE;

	output_text(o, c->label);
	output_text(o, c->upstream->name);
	output_text(o, credential_health_name(r->health));
	output_style(o, r->health == CREDENTIAL_OK ? OUTPUT_GOOD :
			is_well(r)		   ? OUTPUT_DIM :
						     OUTPUT_BAD);
	output_number(o, or_absent(r->until, r->until != 0));
	output_text(o, c->kept ? "database" : "settings");
	output_text(o, r->plan);
	output_text(o, r->host);
	output_text(o, r->says);
	output_text(o, r->model);
	output_number(o, or_absent(r->usage.prompt, counted));
	output_number(o, or_absent(r->usage.completion, counted));
	put_cost(o, r->cost.nano, r->cost.currency);
	put_cost(o, r->cost.list_nano, r->cost.list_currency);
}

/* --- What is left --- */

static const struct output_column quota_columns[] = {
	{ "credential", OUTPUT_TEXT, OUTPUT_ALWAYS },
	{ "window", OUTPUT_TEXT, OUTPUT_ALWAYS },
	{ "used", OUTPUT_RATIO, OUTPUT_ALWAYS },
	{ "balance", OUTPUT_MONEY, OUTPUT_ALWAYS },
	{ "resets_at", OUTPUT_TIME, OUTPUT_IF_WIDE },
	{ "remaining", OUTPUT_INTEGER, OUTPUT_IF_WIDE },
	{ "limit", OUTPUT_INTEGER, OUTPUT_IF_WIDE },
	{ "seen_at", OUTPUT_TIME, OUTPUT_IF_WIDE },
};

static void put_quota(struct output *o, const char *credential,
		      const struct quota *q)
{
	int64_t used_ppm = quota_used_ppm(q);
	bool money = q->currency != NULL;

	output_text(o, credential);
	output_text(o, q->name);
	output_number(o, or_absent(used_ppm, used_ppm != QUOTA_UNKNOWN));
	output_money(o, or_absent(q->remaining, money), q->currency);
	output_number(o, or_absent(q->resets_at, q->resets_at != 0));
	output_number(o, or_absent(q->remaining,
				   !money && q->remaining != QUOTA_UNKNOWN));
	output_number(o,
		      or_absent(q->whole, !money && q->whole != QUOTA_UNKNOWN));
	output_number(o, q->seen_at);
}

static void put_quotas(struct output *o, const struct credential_report *list,
		       size_t n)
{
	size_t any = 0;

	for (size_t i = 0; i < n; i++)
		any += list[i].quotas.n;
	if (any == 0 && o->format == OUTPUT_FOR_PEOPLE)
		return;
	output_table(o, "quotas", quota_columns, N(quota_columns));
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < list[i].quotas.n; j++)
			put_quota(o, list[i].of->credential.label,
				  &list[i].quotas.items[j]);
	output_end(o);
}

/* --- Sentences --- */

/* " with 10 tokens of input and 1 of output" */
static const char *tokens_of(const struct output *o, const struct chat_usage *u)
{
	return u->source == CHAT_USAGE_NONE ?
		       "" :
		       arena_printf(o->arena,
				    " with %" PRId64
				    " tokens of input and %" PRId64
				    " of output",
				    u->prompt, u->completion);
}

/* ", which cost 0.0001 USD" */
static const char *cost_of(const struct output *o, const struct store_cost *c)
{
	if (c->currency != NULL)
		return arena_printf(o->arena, ", which cost %s",
				    output_money_text(o, c->nano, c->currency));
	if (c->list_currency != NULL)
		return arena_printf(
			o->arena,
			", which would have cost %s on the Open Platform",
			output_money_text(o, c->list_nano, c->list_currency));
	return "";
}

static void say(struct output *o, const struct credential_report *r)
{
	const char *label = r->of->credential.label;

	if (r->says != NULL)
		output_line(o, "%s: %s", label, r->says);
	if (r->model != NULL)
		output_line(o, "%s: %s answered a request%s%s.", label,
			    r->model, tokens_of(o, &r->usage),
			    cost_of(o, &r->cost));
}

void credential_reports_print(struct output *o,
			      const struct credential_report *list, size_t n)
{
	output_table(o, "credentials", columns, N(columns));
	for (size_t i = 0; i < n; i++)
		put_report(o, &list[i]);
	output_end(o);
	put_quotas(o, list, n);
	if (n == 0)
		output_line(o, "No credentials: 'kimi-proxy credential add' "
			       "adds one.");
	for (size_t i = 0; i < n; i++)
		say(o, &list[i]);
}
