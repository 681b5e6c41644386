/* SPDX-License-Identifier: MIT */
/* `credential login`. */
#include "cgi/command/credential_login.h"

#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/owner_credentials.h"
#include "base/clock.h"
#include "cgi/command/credential.h"
#include "upstream/api/code_identity.h"
#include "upstream/api/code_login.h"
#include "upstream/services.h"

#define LONGEST_MS (15 * 60 * 1000)

const struct command_option credential_login_options[] = {
	{ "region", "cn|global", "where the account is (default: cn)" },
	{ "no-browser", NULL, "print the address, and open no browser" },
	{ "name", "NAME", "what it is called (default: code)" },
	{ NULL, NULL, NULL },
};

/* Where there is a desktop. What it prints is of no interest. */
static void open_browser(const char *url, struct arena *a)
{
	char program[] = "xdg-open", *words[] = { program, NULL, NULL };
	posix_spawn_file_actions_t actions;
	pid_t pid;

	if ((getenv("DISPLAY") == NULL && getenv("WAYLAND_DISPLAY") == NULL) ||
	    strncmp(url, "https://", 8) != 0 || geteuid() != getuid() ||
	    posix_spawn_file_actions_init(&actions) != 0)
		return;
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null",
					 2, 0);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null",
					 2, 0);
	words[1] = arena_copy(a, url);
	posix_spawnp(&pid, program, &actions, NULL, words, environ);
	posix_spawn_file_actions_destroy(&actions);
}

static bool begin(struct command *c, struct upstream_call *call,
		  struct code_login *login)
{
	if (!code_login_begin(call, option_text(&c->options, "region"), login))
		return false;
	command_say("Open %s\n"
		    "in any browser, on any device, and confirm the code %s.\n"
		    "Waiting...",
		    login->url, login->code);
	if (!option_given(&c->options, "no-browser"))
		open_browser(login->url, &c->arena);
	return true;
}

/* Until somebody has confirmed a code. One that expires is replaced. */
static bool wait_for(struct command *c, struct upstream_call *call,
		     struct code_login *login, struct access_token *access)
{
	int64_t give_up = clock_ms() + LONGEST_MS;
	enum code_login_state state = CODE_LOGIN_EXPIRED;

	while (clock_ms() < give_up) {
		if (state == CODE_LOGIN_EXPIRED && !begin(c, call, login))
			return false;
		clock_sleep_ms(login->interval_ms);
		state = code_login_ask(call, login, access);
		if (state == CODE_LOGIN_DONE || state == CODE_LOGIN_FAILED)
			return state == CODE_LOGIN_DONE;
		if (state == CODE_LOGIN_EXPIRED)
			command_say("The code has expired.");
	}
	return error_set(call->error, ERROR_TIMEOUT,
			 "Nobody has confirmed the code in 15 minutes: begin "
			 "again.");
}

static bool explain(const struct command *c, struct error *e)
{
	if (c->app->config.code_client_id != NULL)
		return true;
	return error_set(e, ERROR_CREDENTIAL,
			 "To sign in, Kimi wants the client id of an "
			 "application, and has given this program none. "
			 "Moonshot's own tools are open source, but whether "
			 "others may use their id is stated nowhere: if you "
			 "may use one, set KIMI_CODE_CLIENT_ID to it. An API "
			 "key needs no id: 'kimi-proxy credential add code'.");
}

/* The device that Kimi Code is told of stays the same, from the first question
 * on. */
struct device {
	struct arena *arena;
	const char *id; /* NULL: it has none yet */
};

static const char *find_device(void *ctx, const char *name, struct arena *a)
{
	const struct device *d = ctx;

	return strcmp(name, CODE_IDENTITY_DEVICE) == 0 ? arena_copy(a, d->id) :
							 NULL;
}

static void keep_device(void *ctx, const char *name, const char *value)
{
	struct device *d = ctx;

	if (strcmp(name, CODE_IDENTITY_DEVICE) == 0)
		d->id = arena_copy(d->arena, value);
}

static bool sign_in(struct command *c, struct http_client *http,
		    const char **name, struct error *e)
{
	struct device device = { .arena = &c->arena };
	const struct credential_notes notes = { find_device, keep_device,
						&device };
	struct upstream_call call = { .arena = &c->arena,
				      .http = http,
				      .config = &c->app->config,
				      .notes = &notes,
				      .error = e };
	struct access_token access = { 0 };
	struct code_login login = { 0 };
	struct owner_addition k = { .service = &upstream_code,
				    .name = option_text(&c->options, "name"),
				    .access = &access };

	if (!wait_for(c, &call, &login, &access))
		return false;
	k.secret = access.refresh;
	k.host = login.host;
	k.device = device.id;
	return owner_credentials_add(c->app, &k, name, &c->arena, e);
}

enum command_exit credential_login_run(struct command *c)
{
	const char *name;
	struct http_client http;
	struct error e;
	bool ok;

	if (strcmp(argument(&c->options, 0), "kimi-code") != 0) {
		error_set(&e, ERROR_VALUE,
			  "One can sign in to 'kimi-code' only; for the others "
			  "there is 'kimi-proxy credential add'.");
		return command_fail(&e);
	}
	if (!explain(c, &e) ||
	    !owner_credentials_prepare(c->app, option_text(&c->options, "name"),
				       &c->arena, &e))
		return command_fail(&e);
	http_client_init(&http);
	http.settings = &c->app->http;
	ok = sign_in(c, &http, &name, &e);
	http_client_fini(&http);
	if (!ok)
		return command_fail(&e);
	command_say("Signed in: '%s' is used from now on. Kimi ends it when it "
		    "is not used for 30 days.",
		    name);
	credential_say_backup(c, "sign in again");
	return COMMAND_DONE;
}
