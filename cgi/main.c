/* SPDX-License-Identifier: MIT */
/* kimi.cgi: one request per process, for hosts that offer nothing else. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/config.h"
#include "base/version.h"
#include "cgi/gateway.h"

static int usage(int fd, int status)
{
	dprintf(fd,
		"kimi.cgi " KIMI_VERSION
		" - the OpenAI API over Moonshot's Kimi, as a CGI program\n\n"
		"A web server starts it for each request (see README.md).\n"
		"  --help, --version\n\n"
		"Settings, in the environment or in the file that\n"
		"KIMI_CONFIG names (default: kimi.conf beside this "
		"program):\n");
	config_print_help(fd);
	return status;
}

int main(int argc, char **argv)
{
	struct app_list apps;

	if (cgi_requested()) {
		app_list_init(&apps);
		cgi_serve(&apps);
		/* Closing the database would cost a checkpoint each time. */
		_exit(0);
	}
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return puts("kimi.cgi " KIMI_VERSION) < 0;
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return usage(STDOUT_FILENO, 0);
	return usage(STDERR_FILENO, 2);
}
