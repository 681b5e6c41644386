/* SPDX-License-Identifier: MIT */
/* `credential`, but for signing in. */
#include "cgi/command/credential.h"

#include <string.h>
#include <unistd.h>

#include "app/owner_credentials.h"
#include "app/relay/credential_check.h"
#include "base/text.h"
#include "cgi/command/credential_reports.h"
#include "cgi/command/input_file.h"
#include "cgi/command/prompt.h"
#include "upstream/services.h"

#define LONGEST 16384

/* --- credential add --- */

const struct command_option credential_add_options[] = {
	{ "name", "NAME", "what it is called (default: the service)" },
	{ "file", "FILE", "read it from this file" },
	{ NULL, NULL, NULL },
};

/* Of each service: what is asked for, and where it is. */
static const struct {
	const struct upstream *service;
	const char *what, *where;
} kinds[] = {
	{ &upstream_platform, "API key of the Open Platform (sk-...)",
	  "Make a key at platform.kimi.ai, or in mainland China at "
	  "platform.kimi.com." },
	{ &upstream_code, "API key of Kimi Code (sk-kimi-...)",
	  "Make a key at www.kimi.com/code/console." },
	{ &upstream_web, "refresh_token",
	  "Log in at www.kimi.com (or www.kimi.ai) in a browser. Press F12, "
	  "choose\n"
	  "Application (Storage in Firefox), Local Storage and the site, and "
	  "copy the value\n"
	  "of refresh_token. Or enter this in the Console, which may want "
	  "'allow pasting'\n"
	  "first:\n\n"
	  "    copy(localStorage.refresh_token)\n\n"
	  "Then close the window, but do not log out: that would end the "
	  "token. Each renewal\n"
	  "replaces it, so no other installation may use this one." },
};

#define N_KINDS (sizeof(kinds) / sizeof(*kinds))

static size_t find_kind(const char *name)
{
	size_t i = 0;

	while (i < N_KINDS && strcmp(kinds[i].service->name, name) != 0)
		i++;
	return i;
}

static const char *read_file(const char *path, struct arena *a, struct error *e)
{
	const char *secret = NULL;
	struct buf text;

	buf_init(&text, LONGEST);
	if (input_file_read(path, &text, e))
		secret = text_trim_in_place(arena_copy(a, buf_text(&text)));
	buf_fini(&text);
	return secret;
}

static const char *read_secret(struct command *c, size_t kind, struct error *e)
{
	const char *path = option_text(&c->options, "file");

	if (path != NULL)
		return read_file(path, &c->arena, e);
	if (isatty(STDIN_FILENO))
		command_say("%s", kinds[kind].where);
	return prompt_secret(&c->arena, kinds[kind].what, e);
}

void credential_say_backup(const struct command *c, const char *again)
{
	command_say("A backup must hold %s and %s: without that key nobody "
		    "can read the credentials in the database.",
		    c->app->config.db_path, c->app->sets.key_path);
	if (again != NULL)
		command_say("Kimi replaces tokens when it renews them, and the "
			    "newest are in the database: once an\n"
			    "older backup was restored, 'kimi-proxy credential "
			    "check' says whether to %s.",
			    again);
}

/* A refused one begins to cool down at once. */
static enum command_exit check_added(struct command *c, const char *name)
{
	enum command_exit status = COMMAND_DONE;
	struct credential_report report;
	struct owner_credential added;
	struct error e;

	if (!owner_credentials_find(c->app, name, &added, &c->arena, &e))
		return command_fail(&e);
	credential_check(c->app, &added, 1, CREDENTIAL_CHECK_APPLY, &report);
	if (report.health == CREDENTIAL_UNREACHABLE) {
		command_say("It is not checked: %s Later, 'kimi-proxy "
			    "credential check %s' asks Kimi again.",
			    report.says, name);
	} else if (credential_reports_are_well(&report, 1)) {
		command_say("Kimi accepts it.");
	} else {
		command_say("%s: %s", credential_health_name(report.health),
			    report.says);
		status = COMMAND_WRONG;
	}
	credential_reports_end(&report, 1);
	return status;
}

enum command_exit credential_add_run(struct command *c)
{
	const char *service = argument(&c->options, 0), *name;
	struct owner_addition k = { .name = option_text(&c->options, "name") };
	size_t kind = find_kind(service);
	struct error e;

	if (kind == N_KINDS) {
		error_set(&e, ERROR_VALUE,
			  "The service is one of platform, code and web; the "
			  "credential itself is asked for.");
		return command_fail(&e);
	}
	k.service = kinds[kind].service;
	k.secret = read_secret(c, kind, &e);
	if (k.secret == NULL ||
	    !owner_credentials_add(c->app, &k, &name, &c->arena, &e))
		return command_fail(&e);
	command_say("Added '%s', which requests use from now on.", name);
	credential_say_backup(c, k.service == &upstream_web ?
					 "copy refresh_token again" :
					 NULL);
	return check_added(c, name);
}

/* --- credential list, credential check --- */

const struct command_option credential_list_options[] = {
	{ "refresh", NULL, "ask Kimi what is left of the accounts" },
	{ NULL, NULL, NULL },
};

const struct command_option credential_check_options[] = {
	{ "call", NULL,
	  "make a real request for one token, and say what it cost" },
	{ "apply", NULL, "begin or end cooldowns by what Kimi says" },
	{ NULL, NULL, NULL },
};

/* Those named, or all. */
static bool find_list(struct command *c, struct owner_credential **list,
		      size_t *n, struct error *e)
{
	size_t named = c->options.n_arguments;

	if (named == 0)
		return owner_credentials_list(c->app, list, n, &c->arena, e);
	*list = arena_array(&c->arena, named, sizeof(**list));
	for (*n = 0; *n < named; (*n)++)
		if (!owner_credentials_find(c->app, argument(&c->options, *n),
					    &(*list)[*n], &c->arena, e))
			return false;
	return true;
}

static void print_reports(struct command *c, struct credential_report *list,
			  size_t n)
{
	output_group(&c->output, NULL);
	credential_reports_print(&c->output, list, n);
	output_end_group(&c->output);
}

enum command_exit credential_list_run(struct command *c)
{
	struct credential_report *reports;
	struct owner_credential *list;
	struct error e;
	bool ok = true;
	size_t n;

	if (!find_list(c, &list, &n, &e))
		return command_fail(&e);
	reports = arena_array(&c->arena, n + 1, sizeof(*reports));
	if (option_given(&c->options, "refresh"))
		credential_check(c->app, list, n, 0, reports);
	else
		ok = credential_reports_known(c->app, list, n, reports, &e);
	if (ok)
		print_reports(c, reports, n);
	credential_reports_end(reports, n);
	return ok ? COMMAND_DONE : command_fail(&e);
}

enum command_exit credential_check_run(struct command *c)
{
	struct credential_report *reports;
	struct owner_credential *list;
	unsigned flags = 0;
	struct error e;
	bool well;
	size_t n;

	if (option_given(&c->options, "call"))
		flags |= CREDENTIAL_CHECK_CALL;
	if (option_given(&c->options, "apply"))
		flags |= CREDENTIAL_CHECK_APPLY;
	if (!find_list(c, &list, &n, &e))
		return command_fail(&e);
	reports = arena_array(&c->arena, n + 1, sizeof(*reports));
	credential_check(c->app, list, n, flags, reports);
	print_reports(c, reports, n);
	well = credential_reports_are_well(reports, n);
	credential_reports_end(reports, n);
	return well ? COMMAND_DONE : COMMAND_WRONG;
}

/* --- credential pause, resume, remove --- */

enum command_exit credential_pause_run(struct command *c)
{
	const char *name = argument(&c->options, 0);
	struct error e;

	if (!owner_credentials_pause(c->app, name, &c->arena, &e))
		return command_fail(&e);
	command_say("'%s' gets no more requests. Those that run go on.", name);
	return COMMAND_DONE;
}

enum command_exit credential_resume_run(struct command *c)
{
	const char *name = argument(&c->options, 0);
	struct error e;

	if (!owner_credentials_resume(c->app, name, &c->arena, &e))
		return command_fail(&e);
	command_say("'%s' gets requests again.", name);
	return COMMAND_DONE;
}

enum command_exit credential_remove_run(struct command *c)
{
	const char *name = argument(&c->options, 0);
	struct owner_credential found;
	struct error e;

	if (!owner_credentials_find(c->app, name, &found, &c->arena, &e) ||
	    !prompt_confirm(c, &e,
			    found.in_settings ?
				    "This will delete '%s' from the database. "
				    "It is in KIMI_TOKENS, too, and stays "
				    "there." :
				    "This will delete '%s' and its tokens from "
				    "the database.",
			    name) ||
	    !owner_credentials_remove(c->app, name, &c->arena, &e))
		return command_fail(&e);
	command_say("Removed '%s'. Requests that use it go on.", name);
	return COMMAND_DONE;
}
