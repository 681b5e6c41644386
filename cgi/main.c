/* SPDX-License-Identifier: MIT */
/* kimi.cgi: one request per process, for hosts that only have CGI. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/allocator.h"
#include "base/config_help.h"
#include "base/version.h"
#include "cgi/gateway.h"
#include "cgi/health_check.h"

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
		"  kimi.cgi --help | --version\n\n"
		"Settings come from the file that KIMI_CONFIG names, else "
		"from kimi.conf next to\n"
		"this program or in kimi-private above it, and from the "
		"environment, which takes\n"
		"precedence. Defaults are in brackets. See also "
		"kimi.cgi(8) and kimi.conf(5).\n");
	config_help_print(STDOUT_FILENO);
	return 0;
}

int main(int argc, char **argv)
{
	struct app_list apps;

	if (cgi_requested()) {
		allocator_init();
		app_list_init(&apps);
		cgi_serve(&apps);
		_exit(0);
	}
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return puts("kimi.cgi " KIMI_VERSION) < 0;
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return help();
	if (argc == 3 && strcmp(argv[1], "--healthz") == 0)
		return health_check(argv[2]);
	fprintf(stderr, "kimi.cgi: not started by a web server (no "
			"REQUEST_METHOD); see kimi.cgi --help\n");
	return 2;
}
