/* SPDX-License-Identifier: MIT */
/* kimi.fcgi: many requests per process, behind a FastCGI web server. */
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

/* Servers that start us give about this long after SIGTERM. */
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

static int serve(struct app_list *apps, int fd, const char *path,
		 int64_t drain_ms)
{
	struct libcurl preloaded;
	struct server server;
	struct error e;
	struct app *app;

	if (!server_init(&server, fd, apps)) {
		perror("kimi.fcgi");
		return 1;
	}
	server.listen_path = path;
	app = app_find(apps, NULL);
	server.workers = app->config.workers;
	server.drain_ms = app->config.drain_ms >= 0 ? app->config.drain_ms :
						      drain_ms;
	if (FCGX_Init() != 0 || !libcurl_load(&preloaded, &e))
		log_line(&app->log, LOG_ERROR, NULL, "start", "%s",
			 "libfcgi or libcurl does not start.");
	if (!server_run(&server))
		_exit(0); /* threads still use what exit() takes down */
	server_fini(&server);
	app_list_fini(apps);
	return 0;
}

static int serve_own(struct app_list *apps, const char *where)
{
	struct error e;
	int fd = listen_open(where, &e);

	if (fd < 0) {
		fprintf(stderr, "kimi.fcgi: %s\n", e.message);
		return 1;
	}
	return serve(apps, fd, where, OWN_DRAIN_MS);
}

int main(int argc, char **argv)
{
	struct app_list apps;

	app_list_init(&apps);
	if (argc == 3 && strcmp(argv[1], "--listen") == 0)
		return serve_own(&apps, argv[2]);
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return puts("kimi.fcgi " KIMI_VERSION) < 0;
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return usage(STDOUT_FILENO, 0);
	if (argc > 1)
		return usage(STDERR_FILENO, 2);
	if (listen_inherited())
		return serve(&apps, STDIN_FILENO, NULL, INHERITED_DRAIN_MS);
	if (!cgi_requested())
		return usage(STDERR_FILENO, 2);
	cgi_serve(&apps);
	_exit(0);
}
