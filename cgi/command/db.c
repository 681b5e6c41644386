/* SPDX-License-Identifier: MIT */
/* `db`: what the owner does with the database as a whole. */
#include "cgi/command/db.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/pruning.h"
#include "cgi/command/caller.h"
#include "cgi/command/progress.h"
#include "cgi/command/prompt.h"
#include "store/maintenance.h"
#include "store/verify.h"

static int64_t file_size(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (int64_t)st.st_size : 0;
}

/* --- Backup --------------------------------------------------------------- */

static void show(void *ctx, int64_t done, int64_t whole)
{
	progress_show(ctx, done, whole);
}

/* Whoever asks for it may be able to write where the user cannot that this works
 * as. Elsewhere that user does it: the folder may be its own. */
static bool back_up(struct command *c, const char *to,
		    const struct store_watch *watch, int64_t *size,
		    struct error *e)
{
	const char *folder = config_folder(&c->arena, to);
	struct user user = { geteuid(), getegid() };
	bool ok;

	if (faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) != 0)
		user = user_become_caller();
	ok = store_backup(c->store, to, watch, &c->arena, e);
	*size = file_size(to);
	user_restore(user);
	return ok;
}

enum command_exit db_backup(struct command *c)
{
	static const struct output_column columns[] = {
		{ "file", OUTPUT_TEXT, OUTPUT_ALWAYS },
		{ "size", OUTPUT_BYTES, OUTPUT_ALWAYS },
	};
	const char *to = argument(&c->options, 0);
	struct progress progress;
	const struct store_watch watch = { show, &progress };
	struct error e;
	int64_t size;
	bool ok;

	progress_init(&progress, "bytes copied");
	ok = back_up(c, to, &watch, &size, &e);
	progress_end(&progress);
	if (!ok)
		return command_fail(&e);
	output_record(&c->output, NULL, columns, 2);
	output_text(&c->output, to);
	output_number(&c->output, size);
	output_end(&c->output);
	command_say("Keep kimi.conf and kimi.key with it: without them nobody "
		    "can read the credentials that are in the database.");
	return COMMAND_DONE;
}

/* --- Vacuum and upgrade --------------------------------------------------- */

enum command_exit db_vacuum(struct command *c)
{
	static const struct output_column columns[] = {
		{ "size_before", OUTPUT_BYTES, OUTPUT_ALWAYS },
		{ "size", OUTPUT_BYTES, OUTPUT_ALWAYS },
	};
	const char *path = c->app->config.db_path;
	int64_t before = file_size(path);
	struct error e;

	if (!prompt_confirm(c, &e,
			    "Requests cannot be stored while the database is "
			    "written anew, which takes a second for about 100 "
			    "MB."))
		return command_fail(&e);
	if (!store_vacuum(c->store, &e))
		return command_fail(&e);
	output_record(&c->output, NULL, columns, 2);
	output_number(&c->output, before);
	output_number(&c->output, file_size(path));
	output_end(&c->output);
	return COMMAND_DONE;
}

/* Opening it does that. */
enum command_exit db_upgrade(struct command *c)
{
	static const struct output_column columns[] = {
		{ "schema_version_before", OUTPUT_INTEGER, OUTPUT_ALWAYS },
		{ "schema_version", OUTPUT_INTEGER, OUTPUT_ALWAYS },
	};
	const char *path = c->app->config.db_path;
	int before, newest;
	struct error e;

	if (access(path, F_OK) != 0) {
		error_set(&e, ERROR_SETUP,
			  "There is no database at %s (setting KIMI_DB).",
			  path);
		return command_fail(&e);
	}
	if (!store_schema_version(path, &before, &newest, &e) ||
	    app_store(c->app, &e) == NULL)
		return command_fail(&e);
	output_record(&c->output, NULL, columns, 2);
	output_number(&c->output, before);
	output_number(&c->output, newest);
	output_end(&c->output);
	if (before != newest)
		command_say("What the database was before is kept next to it: "
			    "kimi.db(5) says how to go back. Delete that copy "
			    "when you no longer need it.");
	return COMMAND_DONE;
}

/* --- Verify --------------------------------------------------------------- */

enum command_exit db_verify(struct command *c)
{
	static const struct output_column columns[] = {
		{ "check", OUTPUT_TEXT, OUTPUT_ALWAYS },
		{ "result", OUTPUT_TEXT, OUTPUT_ALWAYS },
		{ "found", OUTPUT_TEXT, OUTPUT_ALWAYS },
		{ "advice", OUTPUT_TEXT, OUTPUT_ALWAYS },
	};
	struct progress progress;
	const struct store_watch watch = { show, &progress };
	bool wrong = false, ok;
	struct store_check checks[STORE_CHECKS];
	struct error e;
	size_t n;

	progress_init(&progress, "checks made");
	ok = store_verify(c->store, &watch, checks, &n, &c->arena, &e);
	progress_end(&progress);
	if (!ok)
		return command_fail(&e);
	output_table(&c->output, NULL, columns, 4);
	for (size_t i = 0; i < n; i++) {
		bool good = checks[i].found == NULL;

		wrong = wrong || !good;
		output_text(&c->output, checks[i].name);
		output_style(&c->output, good ? OUTPUT_GOOD : OUTPUT_BAD);
		output_text(&c->output, good ? "ok" : "wrong");
		output_text(&c->output, checks[i].found);
		output_text(&c->output, checks[i].advice);
	}
	output_end(&c->output);
	return wrong ? COMMAND_WRONG : COMMAND_DONE;
}

/* --- Prune ---------------------------------------------------------------- */

const struct command_option db_prune_options[] = {
	{ "dry-run", NULL, "only count what is too old, and delete nothing" },
	{ NULL, NULL, NULL },
};

static enum command_exit count(struct command *c,
			       const struct store_retention *rules)
{
	static const struct output_column columns[] = {
		{ "replies", OUTPUT_INTEGER, OUTPUT_ALWAYS },
		{ "conversations", OUTPUT_INTEGER, OUTPUT_ALWAYS },
		{ "files", OUTPUT_INTEGER, OUTPUT_ALWAYS },
		{ "size", OUTPUT_BYTES, OUTPUT_ALWAYS },
		{ "max_size", OUTPUT_BYTES, OUTPUT_ALWAYS },
	};
	struct store_pruned p;
	struct error e;

	if (!store_prune_count(c->store, rules, &p, &e))
		return command_fail(&e);
	output_record(&c->output, NULL, columns, 5);
	output_number(&c->output, p.requests);
	output_number(&c->output, p.conversations);
	output_number(&c->output, p.files);
	output_number(&c->output, file_size(c->app->config.db_path));
	output_number(&c->output,
		      rules->max_bytes == 0 ? OUTPUT_ABSENT : rules->max_bytes);
	output_end(&c->output);
	return COMMAND_DONE;
}

static void show_rows(void *ctx, int64_t rows)
{
	progress_show(ctx, rows, 0);
}

static enum command_exit prune(struct command *c,
			       const struct store_retention *rules)
{
	static const struct output_column columns[] = {
		{ "rows", OUTPUT_INTEGER, OUTPUT_ALWAYS },
		{ "size_before", OUTPUT_BYTES, OUTPUT_ALWAYS },
		{ "size", OUTPUT_BYTES, OUTPUT_ALWAYS },
	};
	int64_t before = file_size(c->app->config.db_path);
	struct store_prune_result result;
	struct progress progress;
	struct error e;
	bool ok;

	progress_init(&progress, "rows deleted");
	ok = store_prune_all(c->store, rules, show_rows, &progress, &result,
			     &e);
	progress_end(&progress);
	if (!ok)
		return command_fail(&e);
	output_record(&c->output, NULL, columns, 3);
	output_number(&c->output, result.rows);
	output_number(&c->output, before);
	output_number(&c->output, file_size(c->app->config.db_path));
	output_end(&c->output);
	if (result.full)
		command_say("The database stays larger than KIMI_MAX_DB: what "
			    "is left is of the last hour, or is never deleted, "
			    "such as the rows of requests.");
	return COMMAND_DONE;
}

enum command_exit db_prune(struct command *c)
{
	const struct store_retention rules = app_retention(c->app);
	bool keeps_all = rules.keep_ms == 0 && rules.max_bytes == 0;
	struct error e;

	if (keeps_all)
		output_line(&c->output, "KIMI_KEEP_DAYS and KIMI_MAX_DB are "
					"not set: everything is kept.");
	if (option_given(&c->options, "dry-run"))
		return count(c, &rules);
	if (!keeps_all &&
	    !prompt_confirm(c, &e,
			    "This will delete for good what is older than "
			    "KIMI_KEEP_DAYS, or too much for KIMI_MAX_DB."))
		return command_fail(&e);
	return prune(c, &rules);
}
