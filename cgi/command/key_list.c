/* SPDX-License-Identifier: MIT */
/* `key list` and `key show`. */
#include "cgi/command/key_list.h"

#include <string.h>

#include "base/clock.h"
#include "cgi/command/key.h"
#include "store/budgets.h"

const struct command_option key_list_options[] = {
	{ "all", NULL, "also those that were deleted" },
	{ NULL, NULL, NULL },
};

static const char *state_of(const struct command *c,
			    const struct store_api_key *k)
{
	if (k->deleted)
		return "deleted";
	if (k->revoked_at != 0)
		return "revoked";
	if (k->expires_at != 0 && k->expires_at <= clock_wall_ms())
		return "expired";
	if (k->blocked_at != 0)
		return "blocked";
	if (strcmp(k->origin, "settings") == 0 && !key_is_configured(c, k))
		return "not configured";
	return "active";
}

static const struct output_column columns[] = {
	{ "name", OUTPUT_TEXT, OUTPUT_ALWAYS },
	{ "id", OUTPUT_ID, OUTPUT_DETAIL },
	{ "secret", OUTPUT_ID, OUTPUT_ALWAYS },
	{ "origin", OUTPUT_TEXT, OUTPUT_IF_WIDE },
	{ "state", OUTPUT_TEXT, OUTPUT_ALWAYS },
	{ "admin", OUTPUT_BOOLEAN, OUTPUT_DETAIL },
	{ "created_at", OUTPUT_TIME, OUTPUT_DETAIL },
	{ "last_used_at", OUTPUT_TIME, OUTPUT_ALWAYS },
	{ "expires_at", OUTPUT_TIME, OUTPUT_IF_WIDE },
	{ "blocked_at", OUTPUT_TIME, OUTPUT_DETAIL },
	{ "revoked_at", OUTPUT_TIME, OUTPUT_DETAIL },
	{ "models", OUTPUT_TEXT, OUTPUT_IF_WIDE },
	{ "credentials", OUTPUT_TEXT, OUTPUT_DETAIL },
	{ "requests_per_minute", OUTPUT_INTEGER, OUTPUT_DETAIL },
	{ "tokens_per_minute", OUTPUT_INTEGER, OUTPUT_DETAIL },
	{ "max_concurrent", OUTPUT_INTEGER, OUTPUT_DETAIL },
	{ "reserve_output", OUTPUT_INTEGER, OUTPUT_DETAIL },
	{ "space", OUTPUT_BYTES, OUTPUT_DETAIL },
	{ "on_disconnect", OUTPUT_TEXT, OUTPUT_DETAIL },
};
#define COLUMNS (sizeof(columns) / sizeof(*columns))

static int64_t or_absent(int64_t v)
{
	return v == 0 ? OUTPUT_ABSENT : v;
}

static void print_cells(struct command *c, const struct store_api_key *k)
{
	struct output *o = &c->output;

	output_text(o, k->name);
	output_text(o, k->public_id);
	output_text(o, k->label);
	output_text(o, k->origin);
	output_text(o, state_of(c, k));
	output_number(o, k->admin);
	output_number(o, k->created_at);
	output_number(o, or_absent(k->last_used_at));
	output_number(o, or_absent(k->expires_at));
	output_number(o, or_absent(k->blocked_at));
	output_number(o, or_absent(k->revoked_at));
	output_text(o, config_list_join(o->arena, &k->models, ","));
	output_text(o, config_list_join(o->arena, &k->credentials, ","));
	output_number(o, or_absent(k->requests_per_minute));
	output_number(o, or_absent(k->tokens_per_minute));
	output_number(o, or_absent(k->max_concurrent));
	output_number(o, or_absent(k->reserve_output));
	output_number(o, k->space < 0 ? OUTPUT_ABSENT : k->space);
	output_text(o, k->on_disconnect);
}

static bool has_row(const struct store_api_key *list, size_t n,
		    const char *fingerprint)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].fingerprint, fingerprint) == 0)
			return true;
	return false;
}

/* Those of the settings file that nobody has used. */
static void print_unused(struct command *c, const struct store_api_key *list,
			 size_t n)
{
	const struct server_keys *keys = &c->app->keys;

	for (size_t i = 0; i < keys->n; i++) {
		const struct server_key *key = &keys->items[i];
		const struct store_api_key k = { .fingerprint =
							 key->fingerprint,
						 .label = key->label,
						 .origin = "settings",
						 .created_at = OUTPUT_ABSENT,
						 .space = -1 };

		if (!has_row(list, n, key->fingerprint))
			print_cells(c, &k);
	}
}

enum command_exit key_list(struct command *c)
{
	bool all = option_given(&c->options, "all");
	struct store_api_key *list;
	struct error e;
	size_t n;

	if (!store_api_key_list(c->store, &list, &n, &c->arena, &e))
		return command_fail(&e);
	output_table(&c->output, NULL, columns, COLUMNS);
	for (size_t i = 0; i < n; i++)
		if (all || !list[i].deleted)
			print_cells(c, &list[i]);
	print_unused(c, list, n);
	output_end(&c->output);
	return COMMAND_DONE;
}

static void print_secrets(struct output *o, const struct store_key_secret *list,
			  size_t n)
{
	static const struct output_column secret_columns[] = {
		{ "secret", OUTPUT_ID, OUTPUT_ALWAYS },
		{ "created_at", OUTPUT_TIME, OUTPUT_ALWAYS },
		{ "valid_until", OUTPUT_TIME, OUTPUT_ALWAYS },
		{ "last_used_at", OUTPUT_TIME, OUTPUT_ALWAYS },
	};

	output_table(o, "secrets", secret_columns, 4);
	for (size_t i = 0; i < n; i++) {
		output_text(o, list[i].label);
		output_number(o, list[i].created_at);
		output_number(o, or_absent(list[i].valid_until));
		output_number(o, or_absent(list[i].last_used_at));
	}
	output_end(o);
}

/* In tokens or in money. */
static void print_amount(struct output *o, bool tokens, int64_t n,
			 const char *unit)
{
	output_number(o, tokens ? n : OUTPUT_ABSENT);
	output_money(o, n, tokens ? NULL : unit);
}

static void print_budgets(struct output *o,
			  const struct store_budget_uses *uses)
{
	static const struct output_column budget_columns[] = {
		{ "period", OUTPUT_TEXT, OUTPUT_ALWAYS },
		{ "tokens", OUTPUT_INTEGER, OUTPUT_ALWAYS },
		{ "amount", OUTPUT_MONEY, OUTPUT_ALWAYS },
		{ "used_tokens", OUTPUT_INTEGER, OUTPUT_ALWAYS },
		{ "used", OUTPUT_MONEY, OUTPUT_ALWAYS },
		{ "reserved_tokens", OUTPUT_INTEGER, OUTPUT_IF_WIDE },
		{ "reserved", OUTPUT_MONEY, OUTPUT_IF_WIDE },
		{ "ends_at", OUTPUT_TIME, OUTPUT_IF_WIDE },
	};

	output_table(o, "budgets", budget_columns, 8);
	for (size_t i = 0; i < uses->n; i++) {
		const struct store_budget_use *use = &uses->list[i];
		const struct store_key_budget *b = &use->budget;
		bool tokens = strcmp(b->unit, "tokens") == 0;

		output_text(o, b->period);
		print_amount(o, tokens, b->amount, b->unit);
		print_amount(o, tokens, use->used, b->unit);
		print_amount(o, tokens, use->reserved, b->unit);
		output_number(o, or_absent(use->span.end));
	}
	output_end(o);
}

enum command_exit key_show(struct command *c)
{
	struct store_key_secret *secrets;
	struct store_budget_uses budgets;
	size_t n_secrets;
	struct store_api_key k;
	struct error e;

	if (!key_find(c, &k, &e) ||
	    !store_api_key_secrets(c->store, k.row, &secrets, &n_secrets,
				   &c->arena, &e) ||
	    !store_budgets_read(c->store, k.row, app_time_zone(c->app),
				&budgets, &c->arena, &e))
		return command_fail(&e);
	output_group(&c->output, NULL);
	output_record(&c->output, NULL, columns, COLUMNS);
	print_cells(c, &k);
	output_end(&c->output);
	print_secrets(&c->output, secrets, n_secrets);
	print_budgets(&c->output, &budgets);
	output_end_group(&c->output);
	return COMMAND_DONE;
}
