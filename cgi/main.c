/* SPDX-License-Identifier: MIT */
/* kimi.cgi: one request per process, for hosts that only have CGI; from a
 * terminal the command kimi-proxy. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/allocator.h"
#include "base/config_help.h"
#include "base/version.h"
#include "cgi/command/run.h"
#include "cgi/gateway.h"
#include "cgi/health_check.h"
#include "store/small_memory.h"

static int help(void)
{
	dprintf(STDOUT_FILENO,
		"kimi.cgi " KIMI_VERSION
		" - OpenAI and Anthropic APIs over Moonshot's Kimi, as a CGI "
		"program\n\n"
		"  kimi.cgi                     serve one request, run by a "
		"web server\n"
		"  kimi.cgi --healthz URL       ask a server at its /healthz; exit 0 "
		"if it is healthy\n"
		"  kimi.cgi --help | --version\n"
		"  kimi.cgi help                list what it does as the "
		"command kimi-proxy\n\n"
		"Settings come from the file that KIMI_CONFIG names, else "
		"from kimi.conf next to\n"
		"this program or in kimi-private above it, and from the "
		"environment, which takes\n"
		"precedence. Defaults are in brackets. See also "
		"kimi.cgi(8) and kimi.conf(5).\n");
	config_help_print(STDOUT_FILENO);
	return 0;
}

/* How the program is called: one file serves and is the command. */
static bool is_command(const char *name)
{
	const char *slash = strrchr(name, '/');

	return strcmp(slash == NULL ? name : slash + 1, "kimi-proxy") == 0;
}

/*
 * A web server may pass the words of a query as arguments (RFC 3875, section
 * 4.4): whatever they are, a request is served and no command is run.
 */
int main(int argc, char **argv)
{
	struct app_list apps;

	if (cgi_requested()) {
		allocator_init();
		store_small_memory_init();
		app_list_init(&apps);
		cgi_serve(&apps);
		_exit(0);
	}
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return puts(is_command(argv[0]) ? "kimi-proxy " KIMI_VERSION :
						  "kimi.cgi " KIMI_VERSION) < 0;
	if (argc == 2 && strcmp(argv[1], "--help") == 0 && !is_command(argv[0]))
		return help();
	if (argc == 3 && strcmp(argv[1], "--healthz") == 0)
		return health_check(argv[2]);
	return (int)command_run((const char *const *)argv + 1);
}
