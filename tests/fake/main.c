/* SPDX-License-Identifier: MIT */
/* fake_kimi: Kimi's services on one loopback port, for tests and for trying
 * the proxy without an account. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "fake.h"
#include "server.h"
#include "text.h"

#define FILES_WANTED 16384

struct options {
	uint16_t port;
	const char *certificate, *key; /* files */
};

static bool options_read(struct options *options, int count, char **words)
{
	static const struct option names[] = {
		{ "port", required_argument, NULL, 'p' },
		{ "tls-cert", required_argument, NULL, 'c' },
		{ "tls-key", required_argument, NULL, 'k' },
		{ NULL, 0, NULL, 0 },
	};
	unsigned long port;
	char *end;
	int c;

	*options = (struct options){ 0 };
	while ((c = getopt_long(count, words, "", names, NULL)) != -1) {
		if (c == 'c') {
			options->certificate = optarg;
		} else if (c == 'k') {
			options->key = optarg;
		} else if (c == 'p') {
			port = strtoul(optarg, &end, 10);
			if (*end || end == optarg || port > UINT16_MAX)
				return false;
			options->port = (uint16_t)port;
		} else {
			return false;
		}
	}
	return optind == count && !options->certificate == !options->key;
}

/* The file's bytes, caller frees; NULL, with a message, if there are none. */
static char *file_read(const char *path)
{
	struct text all = { 0 };
	char part[4096];
	FILE *file = fopen(path, "re");
	size_t n;

	if (!file) {
		fprintf(stderr, "fake_kimi: %s: %s\n", path, strerror(errno));
		return NULL;
	}
	while ((n = fread(part, 1, sizeof(part), file)) > 0)
		text_add(&all, part, n);
	fclose(file);
	return text_take(&all);
}

static void files_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max > FILES_WANTED)
		limit.rlim_cur = FILES_WANTED;
	else
		limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static int serve(struct fake *fake, const struct options *options,
		 const char *certificate, const char *key,
		 const sigset_t *signals)
{
	struct MHD_Daemon *daemon =
		server_start(fake, options->port, certificate, key);
	int received;

	if (!daemon) {
		fprintf(stderr, "fake_kimi: cannot serve on port %u: %s\n",
			options->port, strerror(errno));
		return EXIT_FAILURE;
	}
	printf("fake Kimi on %s://127.0.0.1:%u\n",
	       certificate ? "https" : "http", server_port(daemon));
	fflush(stdout);
	sigwait(signals, &received);
	MHD_stop_daemon(daemon);
	return EXIT_SUCCESS;
}

int main(int count, char **words)
{
	char *certificate = NULL, *key = NULL;
	int status = EXIT_FAILURE;
	struct options options;
	struct fake fake;
	sigset_t signals;

	if (!options_read(&options, count, words)) {
		fputs("usage: fake_kimi [--port N] "
		      "[--tls-cert FILE --tls-key FILE]\n",
		      stderr);
		return EXIT_FAILURE;
	}
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	files_raise();
	if (options.certificate) {
		certificate = file_read(options.certificate);
		key = file_read(options.key);
	}
	fake_init(&fake);
	if (!options.certificate || (certificate && key))
		status = serve(&fake, &options, certificate, key, &signals);
	fake_fini(&fake);
	free(certificate);
	free(key);
	return status;
}
