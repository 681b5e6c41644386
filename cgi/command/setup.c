/* SPDX-License-Identifier: MIT */
/* Settings and database of the command, as the right user. */
#include "cgi/command/setup.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/config_load.h"
#include "http/libcurl.h"

#define INSTALLED "etc/kimi-proxy/kimi.conf"

/* --- Settings ------------------------------------------------------------- */

/* The program is PREFIX/lib/kimi-proxy/kimi.cgi, and its settings are in /etc
 * or, for another prefix than /usr, in PREFIX/etc. They are those of the server
 * that was installed, not of one whose database KIMI_DB names. */
static const char *find_installed(struct arena *a)
{
	const char *path =
		arena_printf(a, "%s/../../" INSTALLED, config_folder(a, NULL));

	if (access(path, F_OK) == 0)
		return path;
	return access("/" INSTALLED, F_OK) == 0 ? "/" INSTALLED : NULL;
}

void setup_find(const char *named, struct config_found *found, struct arena *a)
{
	*found = (struct config_found){ .path = named };
	if (named != NULL)
		return;
	config_search(found, a);
	if (found->path == NULL && getenv("KIMI_DB") == NULL)
		found->path = find_installed(a);
}

/* --- The user ------------------------------------------------------------- */

/* The user that the file at `path` belongs to or, if there is none or it cannot
 * be seen, its nearest folder. */
static bool find_owner(const char *path, struct stat *s)
{
	struct arena a;
	char *folder;
	bool found = stat(path, s) == 0;

	arena_init(&a);
	folder = arena_copy(&a, path);
	while (!found && strrchr(folder, '/') != NULL) {
		*strrchr(folder, '/') = '\0';
		found = stat(*folder == '\0' ? "/" : folder, s) == 0;
	}
	arena_fini(&a);
	return found || stat(".", s) == 0;
}

static bool become(const struct passwd *user, struct error *e)
{
	if (initgroups(user->pw_name, user->pw_gid) == 0 &&
	    setegid(user->pw_gid) == 0 && seteuid(user->pw_uid) == 0)
		return true;
	return error_set(e, ERROR_SETUP,
			 "The database belongs to %s, whom this process cannot "
			 "become: %s.",
			 user->pw_name, strerror(errno));
}

bool setup_user(const char *path, struct error *e)
{
	char space[4096];
	struct passwd user, *known = NULL;
	struct stat s;

	if (!find_owner(path, &s) || s.st_uid == geteuid())
		return true;
	if (getpwuid_r(s.st_uid, &user, space, sizeof(space), &known) != 0 ||
	    known == NULL)
		return error_set(e, ERROR_SETUP,
				 "The database belongs to user %d, whom this "
				 "system does not know: give it to the user "
				 "that the server runs as (setting KIMI_DB).",
				 (int)s.st_uid);
	if (geteuid() == 0)
		return become(known, e);
	if (s.st_uid == 0)
		return error_set(e, ERROR_SETUP,
				 "The database belongs to root: run this as "
				 "root or, if the server does not run as root, "
				 "give its user the files: chown -R USER: "
				 "FOLDER (setting KIMI_DB).");
	return error_set(e, ERROR_SETUP,
			 "The database belongs to %s. Run this as that user: "
			 "sudo -u %s kimi-proxy ... (setting KIMI_DB).",
			 known->pw_name, known->pw_name);
}

/* --- All of it ------------------------------------------------------------ */

static bool open_store(struct command *c, struct error *e)
{
	const char *path = c->app->config.db_path;

	if (c->row->needs == NEEDS_DATABASE && access(path, F_OK) != 0)
		return error_set(e, ERROR_SETUP,
				 "There is no database at %s: the first "
				 "request to the server makes it, or "
				 "'kimi-proxy key add' (setting KIMI_DB).",
				 path);
	c->store = app_store(c->app, e);
	return c->store != NULL;
}

struct app *setup_app(const struct config_found *found)
{
	struct app *app;

	store_prepare();
	libcurl_prepare();
	app = app_open(found);
	if (app->config.time_zone != NULL)
		setenv("TZ", app->config.time_zone, 1);
	else
		unsetenv("TZ"); /* the server's days are the system's, too */
	return app;
}

static bool may_read(const char *path, struct error *e)
{
	if (path == NULL || access(path, R_OK) == 0 || errno != EACCES)
		return true;
	return error_set(e, ERROR_SETUP,
			 "You may not read %s. Run this as the user that the "
			 "server runs as, or as root: sudo kimi-proxy ...",
			 path);
}

/* With the settings alone, so that nothing is made as the wrong user. */
static bool find_user(struct command *c, const struct config_found *found,
		      struct error *e)
{
	struct config config;
	struct error broken; /* opening the app says so, too */

	if (!may_read(found->path, e))
		return false;
	if (found->refused ||
	    !config_load(&config, &c->arena, found->path, &broken))
		return true;
	return setup_user(app_database(&c->arena, &config, found->path), e);
}

bool setup_command(struct command *c, enum command_exit *status)
{
	struct config_found found;
	struct error e;

	if (c->row->needs == NEEDS_NOTHING)
		return true;
	setup_find(option_text(&c->options, "config"), &found, &c->arena);
	if (!find_user(c, &found, &e)) {
		*status = command_fail(&e);
		return false;
	}
	c->app = setup_app(&found);
	if (c->app->broken) {
		command_fail(&c->app->error);
		*status = COMMAND_FAILED;
		return false;
	}
	if (c->row->needs >= NEEDS_DATABASE && !open_store(c, &e)) {
		*status = command_fail(&e);
		return false;
	}
	return true;
}

void setup_end(struct command *c)
{
	if (c->app != NULL)
		app_close(c->app);
}
