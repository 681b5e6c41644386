/* SPDX-License-Identifier: MIT */
/* kimi.fcgi: many requests per process, for web servers that speak FastCGI. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <fcgiapp.h>

#include "base/allocator.h"
#include "base/config_help.h"
#include "base/version.h"
#include "cgi/gateway.h"
#include "fcgi/listen.h"
#include "fcgi/server.h"

/* Web servers that start us kill us about this long after SIGTERM. */
#define STDIN_DRAIN_MS 5000
#define OWN_DRAIN_MS 600000

static int wrong(const char *what)
{
	fprintf(stderr, "kimi.fcgi: %s; see kimi.fcgi --help\n", what);
	return 2;
}

static int help(void)
{
	dprintf(STDOUT_FILENO,
		"kimi.fcgi " KIMI_VERSION
		" - OpenAI and Anthropic APIs over Moonshot's Kimi, for "
		"FastCGI\n\n"
		"  kimi.fcgi                     serve the socket from systemd, "
		"or on standard input\n"
		"  kimi.fcgi --listen PATH       serve a Unix socket, mode "
		"0660\n"
		"  kimi.fcgi --listen HOST:PORT  serve a port on loopback\n"
		"  kimi.fcgi --help | --version\n\n"
		"Settings come from the file that KIMI_CONFIG names, else "
		"from kimi.conf next to\n"
		"this program or in kimi-private above it, and from the "
		"environment, which takes\n"
		"precedence. Defaults are in brackets. See also "
		"kimi.fcgi(8) and kimi.conf(5).\n");
	config_help_print(STDOUT_FILENO);
	return 0;
}

/* Serves the socket until the end; false when threads are left running. */
static bool run(struct server *server, const struct listener *l)
{
	struct app *app = app_find(server->apps, NULL);

	if (FCGX_Init() != 0)
		log_line(&app->log, LOG_ERROR, NULL, "start", "%s",
			 "libfcgi cannot be initialized.");
	app_release(server->apps, app);
	return server_run(server, l,
			  l->origin == LISTEN_STDIN ? STDIN_DRAIN_MS :
						      OWN_DRAIN_MS);
}

/* Serves the socket that `where` names or, if it is NULL, the inherited one. */
static int serve(struct app_list *apps, struct listener *l, const char *where)
{
	struct server server;
	bool listens = where == NULL;
	struct error e;

	if (!server_init(&server, apps)) {
		perror("kimi.fcgi");
		return 1;
	}
	if (where != NULL)
		listens = listen_open(l, where, &e);
	if (!listens)
		fprintf(stderr, "kimi.fcgi: %s\n", e.message);
	else if (!run(&server, l))
		_exit(0); /* the threads still use what exit() takes down */
	server_fini(&server);
	app_list_fini(apps);
	return !listens;
}

int main(int argc, char **argv)
{
	struct app_list apps;
	struct listener l = { .fd = -1 };
	struct error e;

	allocator_init();
	app_list_init(&apps);
	if (argc == 3 && strcmp(argv[1], "--listen") == 0)
		return serve(&apps, &l, argv[2]);
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return puts("kimi.fcgi " KIMI_VERSION) < 0;
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return help();
	if (argc > 1)
		return wrong("invalid arguments");
	if (listen_inherit(&l, &e))
		return serve(&apps, &l, NULL);
	if (!cgi_requested())
		return wrong(e.message);
	cgi_serve(&apps);
	_exit(0);
}
