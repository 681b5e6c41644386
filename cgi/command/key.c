/* SPDX-License-Identifier: MIT */
/* `key …`: the API keys of the server. */
#include "cgi/command/key.h"

#include <string.h>

#include "cgi/command/key_options.h"
#include "cgi/command/option_value.h"
#include "cgi/command/progress.h"
#include "cgi/command/prompt.h"
#include "store/key_data.h"

const struct command_option key_rotate_options[] = {
	{ "grace", "TIME",
	  "how long the old secret still works, such as 48h "
	  "(default: it ends now)" },
	{ NULL, NULL, NULL },
};

const struct command_option key_delete_options[] = {
	{ "with-data", NULL,
	  "also delete all that was said, stored and "
	  "uploaded with it" },
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

bool key_find(struct command *c, struct store_api_key *k, struct error *e)
{
	const char *name = argument(&c->options, 0);

	if (store_api_key_named(c->store, name, k, &c->arena, e))
		return true;
	return e->kind == ERROR_NOT_FOUND && find_unused(c, name, k, e);
}

bool key_option(struct command *c, int64_t *row, struct error *e)
{
	const char *name = option_text(&c->options, "key");
	struct store_api_key k = { .row = 0 };

	if (name != NULL &&
	    !store_api_key_named(c->store, name, &k, &c->arena, e))
		return false;
	*row = k.row;
	return true;
}

const char *key_shown(const struct store_api_key *k)
{
	return k->name != NULL ? k->name : k->label;
}

bool key_is_configured(const struct command *c, const struct store_api_key *k)
{
	return server_keys_find(&c->app->keys, k->fingerprint) != NULL;
}

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

static bool apply_options(void *ctx, struct store_api_key *k,
			  const struct store_key_budgets **budgets,
			  struct error *e)
{
	const struct options *o = ctx;
	const char *name = option_text(o, "name");

	if (name != NULL)
		k->name = name;
	return key_options_read(o, k, budgets, e);
}

static bool sets_something(const struct options *o, struct error *e)
{
	for (const struct command_option *s = key_set_options; s->name != NULL;
	     s++)
		if (option_given(o, s->name))
			return true;
	return error_set(e, ERROR_VALUE,
			 "There is nothing to change: give an option, such as "
			 "--rpm 60. 'kimi-proxy help key set' lists them.");
}

enum command_exit key_set(struct command *c)
{
	const struct store_key_change change = { apply_options, &c->options };
	struct store_api_key k;
	struct error e;

	if (!sets_something(&c->options, &e) || !key_find(c, &k, &e) ||
	    !store_api_key_change(c->store, &k, &change, &c->arena, &e))
		return command_fail(&e);
	command_say("The API key %s is changed.", key_shown(&k));
	return COMMAND_DONE;
}

enum command_exit key_rotate(struct command *c)
{
	struct store_api_key k;
	int64_t grace = 0;
	struct error e;
	char *secret;

	if (!option_duration(&c->options, "grace", &grace, &e) ||
	    !key_find(c, &k, &e) ||
	    !store_api_key_rotate(c->store, &k, grace, &secret, &c->arena, &e))
		return command_fail(&e);
	print_secret(c, secret);
	command_say(grace == 0 ? "The old one is refused from now on." :
				 "The old one still works for a while: key "
				 "show says until when, and whether it is "
				 "still used.");
	return COMMAND_DONE;
}

static enum command_exit set_blocked(struct command *c, bool blocked)
{
	struct store_api_key k;
	struct error e;

	if (!key_find(c, &k, &e) ||
	    !store_api_key_block(c->store, &k, blocked, &e))
		return command_fail(&e);
	command_say("The API key %s is %s.", key_shown(&k),
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

	if (!key_find(c, &k, &e) ||
	    !prompt_confirm(c, &e,
			    "The API key %.64s will be refused for good.",
			    key_shown(&k)) ||
	    !store_api_key_revoke(c->store, &k, &e))
		return command_fail(&e);
	command_say("The API key %s is revoked.", key_shown(&k));
	return COMMAND_DONE;
}

/* It would come back with its next request. */
static bool check_deletable(const struct command *c,
			    const struct store_api_key *k, struct error *e)
{
	return !key_is_configured(c, k) ||
	       error_set(e, ERROR_VALUE,
			 "The API key %.64s is one of the settings file: "
			 "remove it there first (setting DEFAULT_AUTHKEYS).",
			 key_shown(k));
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

/* Before the key itself, by which its requests that still run are found. */
static bool delete_data(struct command *c, const struct store_api_key *k,
			struct error *e)
{
	struct store_at_kimi *list;
	struct progress p;
	size_t n;
	bool ok;

	if (!store_api_key_revoke(c->store, k, e) ||
	    !store_key_at_kimi(c->store, k->row, &list, &n, &c->arena, e))
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

	if (!key_find(c, &k, &e) || !check_deletable(c, &k, &e) ||
	    !prompt_confirm(c, &e, "The API key %.64s will be deleted%s.",
			    key_shown(&k),
			    data ? " with all that was said, stored and "
				   "uploaded with it" :
				   "") ||
	    (data && !delete_data(c, &k, &e)) ||
	    !store_api_key_delete(c->store, &k, &e))
		return command_fail(&e);
	command_say("The API key %s is deleted; what it used stays in the "
		    "usage.",
		    key_shown(&k));
	return COMMAND_DONE;
}
