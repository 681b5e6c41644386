/* SPDX-License-Identifier: MIT */
/* kimi.fcgi: many requests per process, for web servers that speak FastCGI. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <fcgiapp.h>

#include "base/config.h"
#include "base/version.h"
#include "cgi/gateway.h"
#include "fcgi/listen.h"
#include "fcgi/server.h"
#include "http/libcurl.h"

/* Web servers that start us kill us about this long after SIGTERM. */
#define INHERITED_DRAIN_MS 5000
#define OWN_DRAIN_MS 600000

static int usage(int fd, int status)
{
	dprintf(fd, "kimi.fcgi " KIMI_VERSION
		    " - the OpenAI API over Moonshot's Kimi, for FastCGI\n\n"
		    "A web server starts it (see README.md), or:\n"
		    "  --listen PATH        serve a Unix socket, mode 0660\n"
		    "  --listen HOST:PORT   serve a loopback port\n"
		    "  --help, --version\n\n"
		    "Settings, in the environment or in the file that\n"
		    "KIMI_CONFIG names (default: kimi.conf beside this "
		    "program):\n");
	config_print_help(fd);
	return status;
}

/* Serves the socket that `where` names or, if it is NULL, standard input. */
static int serve(struct app_list *apps, const char *where)
{
	struct libcurl preloaded;
	struct server server;
	int fd = STDIN_FILENO;
	struct error e;

	if (!server_init(&server, apps)) {
		perror("kimi.fcgi");
		return 1;
	}
	if (where != NULL)
		fd = listen_open(where, &e);
	if (fd < 0) {
		fprintf(stderr, "kimi.fcgi: %s\n", e.message);
		return 1;
	}
	if (FCGX_Init() != 0)
		log_line(&server.app->log, LOG_ERROR, NULL, "start", "%s",
			 "libfcgi cannot be initialized.");
	if (!libcurl_load(&preloaded, &e))
		log_line(&server.app->log, LOG_ERROR, NULL, "start", "%s",
			 e.message);
	if (!server_run(&server, fd, where,
			where == NULL ? INHERITED_DRAIN_MS : OWN_DRAIN_MS))
		_exit(0); /* threads still use what exit() takes down */
	server_fini(&server);
	app_list_fini(apps);
	return 0;
}

int main(int argc, char **argv)
{
	struct app_list apps;

	app_list_init(&apps);
	if (argc == 3 && strcmp(argv[1], "--listen") == 0)
		return serve(&apps, argv[2]);
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return puts("kimi.fcgi " KIMI_VERSION) < 0;
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return usage(STDOUT_FILENO, 0);
	if (argc > 1)
		return usage(STDERR_FILENO, 2);
	if (listen_inherited())
		return serve(&apps, NULL);
	if (!cgi_requested())
		return usage(STDERR_FILENO, 2);
	cgi_serve(&apps);
	_exit(0);
}
