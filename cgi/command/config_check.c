/* SPDX-License-Identifier: MIT */
/* `config check`. */
#include "cgi/command/config_check.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/owner_credentials.h"
#include "base/config_load.h"
#include "cgi/command/caller.h"
#include "cgi/command/setup.h"

struct check {
	struct command *command;
	struct config_found found;
	struct config_trace trace;
	struct config config;
	bool wrong;
};

static void put(struct check *k, const char *what, const char *result,
		const char *text)
{
	struct output *o = &k->command->output;
	bool wrong = strcmp(result, "wrong") == 0;

	output_text(o, what);
	output_text(o, result);
	output_style(o, wrong			  ? OUTPUT_BAD :
			strcmp(result, "ok") == 0 ? OUTPUT_GOOD :
						    OUTPUT_PLAIN);
	output_text(o, text);
	k->wrong |= wrong;
}

/* Errors end with a full stop; a name or a path does not. */
static void put_result(struct check *k, const char *what, const char *fault,
		       const char *text)
{
	put(k, what, fault == NULL ? "ok" : "wrong",
	    fault == NULL ? text : fault);
}

static void check_settings(struct check *k)
{
	const struct config_list *notices = &k->config.notices;
	const char *path = k->found.path;
	struct stat s;

	if (k->found.refused)
		put(k, "settings", "wrong", k->found.why_refused);
	for (size_t i = 0; i < k->trace.n_faults; i++)
		put(k, "settings", "wrong", k->trace.faults[i]);
	if (!k->found.refused && k->trace.n_faults == 0)
		put(k, "settings", "ok",
		    path == NULL ? "from the environment alone" : path);
	for (size_t i = 0; i < notices->n; i++)
		put(k, "settings", "note", notices->items[i]);
	if (path != NULL && stat(path, &s) == 0 && (s.st_mode & S_IROTH) != 0)
		put(k, "settings", "wrong",
		    "Every user of this machine can read the file, with the "
		    "secrets in it: set its mode to 0640 or 0600.");
}

/* Those of the database, too, if it can be read: else its row says why. */
static void check_credentials(struct check *k, struct app *app)
{
	struct arena *a = &k->command->arena;
	struct owner_credential *list = NULL;
	size_t n = 0, n_usable = 0;
	struct error ignored;

	if (access(app->config.db_path, F_OK) == 0)
		owner_credentials_list(app, &list, &n, a, &ignored);
	for (size_t i = 0; i < n; i++)
		if (list[i].fault == NULL)
			n_usable++;
		else
			put(k, "credentials", "wrong",
			    arena_printf(a, "%s: %s", list[i].credential.label,
					 list[i].fault));
	if (n == 0 && app->n_credentials == 0)
		put(k, "credentials", "note",
		    "There are none: set KIMI_TOKENS, or run 'kimi-proxy "
		    "credential add'.");
	else if (n_usable == n)
		put(k, "credentials", "ok",
		    arena_printf(a, "%zu, of these %zu in KIMI_TOKENS",
				 n == 0 ? app->n_credentials : n,
				 app->n_credentials));
}

static void check_keys(struct check *k, const struct app *app)
{
	if (app->keys.well_known)
		put(k, "keys", "note",
		    "DEFAULT_AUTHKEYS names none, so the keys that everybody "
		    "knows are accepted.");
	else
		put(k, "keys", "ok",
		    arena_printf(&k->command->arena, "%zu in DEFAULT_AUTHKEYS",
				 app->keys.n));
}

static void check_database(struct check *k, struct app *app)
{
	const char *path = app->config.db_path;
	struct error e;

	if (access(path, F_OK) != 0)
		put(k, "database", "note",
		    arena_printf(&k->command->arena,
				 "There is none at %s yet: the first request "
				 "to the server makes it, or 'kimi-proxy key "
				 "add'.",
				 path));
	else
		put_result(k, "database",
			   app_store_check(app, 0, &e) ? NULL : e.message,
			   path);
}

static void check_files(struct check *k, struct app *app)
{
	const struct config *config = &app->config;

	if (config->log_path != NULL)
		put_result(k, "log", app->log_fault, config->log_path);
	if (config->vocabulary != NULL)
		put_result(k, "vocabulary",
			   app_tokens(app) != NULL ?
				   NULL :
				   "KIMI_VOCABULARY cannot be used, so tokens "
				   "are estimated: the log says why.",
			   config->vocabulary);
	if (config->ca_path != NULL)
		put_result(k, "certificates",
			   access(config->ca_path, R_OK) == 0 ?
				   NULL :
				   "KIMI_CA_PATH cannot be read.",
			   config->ca_path);
}

/* Root may have made a file before the server's user was there. */
static void check_owner(struct check *k, const char *path)
{
	struct arena *a = &k->command->arena;
	const char *folder = config_folder(a, path), *user;
	struct stat file, around;

	if (stat(path, &file) != 0 || stat(folder, &around) != 0 ||
	    file.st_uid != 0 || around.st_uid == 0)
		return;
	user = user_name(around.st_uid, a);
	put(k, "owner", "wrong",
	    arena_printf(a,
			 "%s belongs to root, its folder to %s. If the server "
			 "runs as that user, it cannot write the file: run "
			 "'chown %s: %s'.",
			 path, user, user, path));
}

static void check_owners(struct check *k, const struct app *app)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	const char *db = app->config.db_path;

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++)
		check_owner(k, arena_printf(&k->command->arena, "%s%s", db,
					    suffixes[i]));
	if (app->config.log_path != NULL)
		check_owner(k, app->config.log_path);
}

/* As the user that the server runs as: others may be able to do more. */
static void check_app(struct check *k)
{
	struct arena *a = &k->command->arena;
	struct error e;
	struct app *app;

	if (!setup_user(app_database(a, &k->config, k->found.path), &e)) {
		put(k, "user", "wrong", e.message);
		return;
	}
	app = k->command->app = setup_app(&k->found);
	if (app->broken) {
		put(k, "credentials", "wrong", app->error.message);
		return;
	}
	check_credentials(k, app);
	check_keys(k, app);
	check_database(k, app);
	check_files(k, app);
	check_owners(k, app);
}

enum command_exit config_check(struct command *c)
{
	static const struct output_column columns[] = {
		{ "what", OUTPUT_TEXT, OUTPUT_ALWAYS },
		{ "result", OUTPUT_TEXT, OUTPUT_ALWAYS },
		{ "details", OUTPUT_TEXT, OUTPUT_ALWAYS },
	};
	struct check k = { .command = c };

	setup_find(option_text(&c->options, "config"), &k.found, &c->arena);
	config_load_traced(&k.config, &c->arena,
			   k.found.refused ? NULL : k.found.path, &k.trace);
	output_table(&c->output, NULL, columns, 3);
	check_settings(&k);
	if (!k.found.refused && k.trace.n_faults == 0)
		check_app(&k);
	output_end(&c->output);
	return k.wrong ? COMMAND_WRONG : COMMAND_DONE;
}
