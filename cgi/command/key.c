/* SPDX-License-Identifier: MIT */
/* `key …`: the API keys of the server. */
#include "cgi/command/key.h"

#include <string.h>

#include "base/clock.h"
#include "cgi/command/key_options.h"
#include "cgi/command/option_value.h"
#include "cgi/command/progress.h"
#include "cgi/command/prompt.h"
#include "store/budgets.h"
#include "store/key_data.h"

const struct command_option key_list_options[] = {
	{ "all", NULL, "those that were deleted, too" },
	{ NULL, NULL, NULL },
};

const struct command_option key_rotate_options[] = {
	{ "grace", "TIME",
	  "how long the old secret goes on, as 48h "
	  "(default: it ends now)" },
	{ NULL, NULL, NULL },
};

const struct command_option key_delete_options[] = {
	{ "with-data", NULL,
	  "and all that was said, stored and uploaded "
	  "with it" },
	{ NULL, NULL, NULL },
};

/* A key of the settings file that has no row yet gets it. */
static bool find_unused(struct command *c, const char *name,
			struct store_api_key *k, struct error *e)
{
	const struct server_keys *keys = &c->app->keys;

	for (size_t i = 0; i < keys->n; i++)
		if (strcmp(keys->items[i].label, name) == 0)
			return store_api_key_ensure(c->store,
						    keys->items[i].fingerprint,
						    name, e) &&
			       store_api_key_find(c->store,
						  keys->items[i].fingerprint, k,
						  &c->arena, e);
	return false;
}

/* The key that the first argument names. */
static bool find_key(struct command *c, struct store_api_key *k,
		     struct error *e)
{
	const char *name = argument(&c->options, 0);

	if (store_api_key_named(c->store, name, k, &c->arena, e))
		return true;
	return e->kind == ERROR_NOT_FOUND && find_unused(c, name, k, e);
}

static const char *name_of(const struct store_api_key *k)
{
	return k->name != NULL ? k->name : k->label;
}

static bool is_configured(const struct command *c,
			  const struct store_api_key *k)
{
	return server_keys_find(&c->app->keys, k->fingerprint) != NULL;
}

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
	if (strcmp(k->origin, "settings") == 0 && !is_configured(c, k))
		return "not configured";
	return "active";
}

/* --- What there is --------------------------------------------------------- */

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

static const char *joined(const struct config_list *list, struct arena *a)
{
	const char *text = list->items == NULL ? NULL : "";

	for (size_t i = 0; i < list->n; i++)
		text = arena_printf(a, "%s%s%s", text, i == 0 ? "" : ",",
				    list->items[i]);
	return text;
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
	output_text(o, joined(&k->models, o->arena));
	output_text(o, joined(&k->credentials, o->arena));
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

static void print_budgets(struct output *o, const struct store_budget_use *list,
			  size_t n)
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
	for (size_t i = 0; i < n; i++) {
		const struct store_key_budget *b = &list[i].budget;
		bool tokens = strcmp(b->unit, "tokens") == 0;

		output_text(o, b->period);
		print_amount(o, tokens, b->amount, b->unit);
		print_amount(o, tokens, list[i].used, b->unit);
		print_amount(o, tokens, list[i].reserved, b->unit);
		output_number(o, or_absent(list[i].span.end));
	}
	output_end(o);
}

enum command_exit key_show(struct command *c)
{
	struct store_key_secret *secrets;
	struct store_budget_use *budgets;
	size_t n_secrets, n_budgets;
	struct store_api_key k;
	struct error e;

	if (!find_key(c, &k, &e) ||
	    !store_api_key_secrets(c->store, k.row, &secrets, &n_secrets,
				   &c->arena, &e) ||
	    !store_budgets_read(c->store, k.row, app_time_zone(c->app),
				clock_wall_ms(), &budgets, &n_budgets,
				&c->arena, &e))
		return command_fail(&e);
	output_group(&c->output, NULL);
	output_record(&c->output, NULL, columns, COLUMNS);
	print_cells(c, &k);
	output_end(&c->output);
	print_secrets(&c->output, secrets, n_secrets);
	print_budgets(&c->output, budgets, n_budgets);
	output_end_group(&c->output);
	return COMMAND_DONE;
}

/* --- What can be done with it ---------------------------------------------- */

static void print_secret(struct command *c, const char *secret)
{
	output_line(&c->output, "%s", secret);
	command_say("This is the only time that the secret is shown: only its "
		    "hash is kept.");
}

enum command_exit key_add(struct command *c)
{
	struct store_api_key k = { .name = argument(&c->options, 0),
				   .space = -1 };
	const struct store_key_budgets *budgets;
	struct error e;
	char *secret;

	if (!key_options_read(&c->options, &k, &budgets, &e) ||
	    !store_api_key_add(c->store, &k, budgets, &secret, &c->arena, &e))
		return command_fail(&e);
	print_secret(c, secret);
	return COMMAND_DONE;
}

enum command_exit key_set(struct command *c)
{
	const char *name = option_text(&c->options, "name");
	const struct store_key_budgets *budgets;
	struct store_api_key k;
	struct error e;

	if (!find_key(c, &k, &e) ||
	    !key_options_read(&c->options, &k, &budgets, &e))
		return command_fail(&e);
	if (name != NULL)
		k.name = name;
	if (!store_api_key_save(c->store, &k, budgets, &e))
		return command_fail(&e);
	command_say("The API key %s is changed.", name_of(&k));
	return COMMAND_DONE;
}

enum command_exit key_rotate(struct command *c)
{
	struct store_api_key k;
	int64_t grace = 0;
	struct error e;
	char *secret;

	if (!option_duration(&c->options, "grace", &grace, &e) ||
	    !find_key(c, &k, &e) ||
	    !store_api_key_rotate(c->store, &k, grace, &secret, &c->arena, &e))
		return command_fail(&e);
	print_secret(c, secret);
	command_say(grace == 0 ? "The old one is refused from now on." :
				 "The old one goes on for a while: key show "
				 "says until when, and whether it is still "
				 "used.");
	return COMMAND_DONE;
}

static enum command_exit set_blocked(struct command *c, bool blocked)
{
	struct store_api_key k;
	struct error e;

	if (!find_key(c, &k, &e) ||
	    !store_api_key_block(c->store, &k, blocked, &e))
		return command_fail(&e);
	command_say("The API key %s is %s.", name_of(&k),
		    blocked ? "blocked" : "not blocked any more");
	return COMMAND_DONE;
}

enum command_exit key_block(struct command *c)
{
	return set_blocked(c, true);
}

enum command_exit key_unblock(struct command *c)
{
	return set_blocked(c, false);
}

enum command_exit key_revoke(struct command *c)
{
	struct store_api_key k;
	struct error e;

	if (!find_key(c, &k, &e) ||
	    !prompt_confirm(c, &e,
			    "The API key %.64s will be refused for good.",
			    name_of(&k)) ||
	    !store_api_key_revoke(c->store, &k, &e))
		return command_fail(&e);
	command_say("The API key %s is revoked.", name_of(&k));
	return COMMAND_DONE;
}

/* It would come back with its next request. */
static bool check_deletable(const struct command *c,
			    const struct store_api_key *k, struct error *e)
{
	return !is_configured(c, k) ||
	       error_set(e, ERROR_VALUE,
			 "The API key %.64s is one of the settings file: "
			 "remove it there first (setting DEFAULT_AUTHKEYS).",
			 name_of(k));
}

static void show_rows(void *progress, int64_t rows)
{
	progress_show(progress, rows, 0);
}

static void say_at_kimi(const struct store_at_kimi *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		command_say("Kimi may still have the %s %s of credential %s.",
			    list[i].kind, list[i].id, list[i].credential);
}

static bool delete_data(struct command *c, const struct store_api_key *k,
			struct error *e)
{
	struct store_at_kimi *list;
	struct progress p;
	size_t n;
	bool ok;

	if (!store_key_at_kimi(c->store, k->row, &list, &n, &c->arena, e))
		return false;
	progress_init(&p, "rows deleted");
	ok = store_key_data_delete(c->store, k->row, show_rows, &p, e);
	progress_end(&p);
	if (ok)
		say_at_kimi(list, n);
	return ok;
}

/* Also the data of a key that was deleted without it. */
enum command_exit key_delete(struct command *c)
{
	bool data = option_given(&c->options, "with-data");
	struct store_api_key k;
	struct error e;

	if (!find_key(c, &k, &e) || !check_deletable(c, &k, &e) ||
	    !prompt_confirm(c, &e, "The API key %.64s will be deleted%s.",
			    name_of(&k),
			    data ? " with all that was said, stored and "
				   "uploaded with it" :
				   "") ||
	    !store_api_key_delete(c->store, &k, &e) ||
	    (data && !delete_data(c, &k, &e)))
		return command_fail(&e);
	command_say("The API key %s is deleted; what it used stays in the "
		    "usage.",
		    name_of(&k));
	return COMMAND_DONE;
}
