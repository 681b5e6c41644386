/* SPDX-License-Identifier: MIT */
/* CGI as a gateway: the environment, standard input and standard output. */
#include "cgi/gateway.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "app/pruning.h"
#include "app/relay/chat_sweeper.h"
#include "app/worker.h"
#include "http/request.h"

#define OUTPUT_SIZE 16384

struct cgi {
	struct gateway gateway;
	struct client_socket client;
	int64_t body_left; /* bytes; -1: all of standard input */
	char *out;	   /* OUTPUT_SIZE bytes */
	size_t out_len;
};

bool cgi_requested(void)
{
	return getenv("REQUEST_METHOD") != NULL ||
	       getenv("GATEWAY_INTERFACE") != NULL;
}

static const char *cgi_param(void *ctx, const char *name)
{
	(void)ctx;
	return getenv(name);
}

static bool cgi_any_param(void *ctx, bool (*is)(const char *param))
{
	(void)ctx;
	for (char **p = environ; p != NULL && *p != NULL; p++)
		if (is(*p))
			return true;
	return false;
}

/*
 * A chunked request has no length: its body is all of standard input. Methods
 * without a body do not wait for it, as a terminal never ends.
 */
static int64_t body_length(void)
{
	int64_t length = http_declared_length(getenv("CONTENT_LENGTH"));
	const char *method = getenv("REQUEST_METHOD");

	if (length >= 0)
		return length;
	return method != NULL && (strcmp(method, "POST") == 0 ||
				  strcmp(method, "PUT") == 0) ?
		       length :
		       0;
}

static ssize_t cgi_read(void *ctx, void *p, size_t n)
{
	struct cgi *c = ctx;
	ssize_t got;

	if (c->body_left == 0)
		return 0;
	if (c->body_left > 0 && (int64_t)n > c->body_left)
		n = (size_t)c->body_left;
	do
		got = read(STDIN_FILENO, p, n);
	while (got < 0 && errno == EINTR);
	if (c->body_left > 0)
		c->body_left = got > 0 ? c->body_left - got : 0;
	return got;
}

static bool write_all(const char *p, size_t n)
{
	while (n > 0) {
		ssize_t sent = write(STDOUT_FILENO, p, n);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return false;
		p += sent;
		n -= (size_t)sent;
	}
	return true;
}

static bool cgi_flush(void *ctx)
{
	struct cgi *c = ctx;
	size_t n = c->out_len;

	c->out_len = 0;
	return write_all(c->out, n);
}

static bool cgi_write(void *ctx, const void *p, size_t n)
{
	struct cgi *c = ctx;

	if (n > OUTPUT_SIZE - c->out_len && !cgi_flush(c))
		return false;
	if (n > OUTPUT_SIZE)
		return write_all(p, n);
	memcpy(c->out + c->out_len, p, n);
	c->out_len += n;
	return true;
}

static void cgi_finish(void *ctx)
{
	cgi_flush(ctx);
}

/* The web server ends the response now. It may also send SIGTERM, which stays
 * blocked, and after a while SIGKILL. */
static void close_output(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int i = STDIN_FILENO; fd >= 0 && i <= STDERR_FILENO; i++)
		dup2(fd, i);
}

static enum gateway_state cgi_state(void *ctx)
{
	struct cgi *c = ctx;
	struct pollfd fds[GATEWAY_FDS];

	for (int i = 0; i < GATEWAY_FDS; i++)
		fds[i] =
			(struct pollfd){ .fd = c->gateway.watch[i].fd,
					 .events = c->gateway.watch[i].events };
	return poll(fds, GATEWAY_FDS, 0) > 0 ? GATEWAY_GONE : GATEWAY_OPEN;
}

/* SIGTERM and the like become readable; a broken pipe and a file that may not
 * grow become errors. */
static int open_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* What no client has to wait for. */
static void clean_up(struct app_list *apps, struct chat_sweeper *sweeper,
		     struct worker *worker)
{
	struct app *prunes = apps->first;

	while (prunes != NULL && !app_prune_is_due(prunes))
		prunes = prunes->next;
	if (prunes != NULL || chat_sweeper_has_work(sweeper))
		close_output();
	if (prunes != NULL)
		app_prune(prunes);
	if (chat_sweeper_has_work(sweeper))
		chat_sweeper_run(sweeper, &worker->http, &worker->arena);
}

void cgi_serve(struct app_list *apps)
{
	char out[OUTPUT_SIZE];
	struct cgi c = {
		.gateway = { .param = cgi_param,
			     .any_param = cgi_any_param,
			     .read = cgi_read,
			     .write = cgi_write,
			     .flush = cgi_flush,
			     .finish = cgi_finish,
			     .state = cgi_state },
		.body_left = body_length(),
		.out = out,
	};
	struct chat_sweeper sweeper;
	struct worker worker;

	c.gateway.ctx = &c;
	c.gateway.watch[0].fd = STDOUT_FILENO;
	c.gateway.watch[1].fd = open_signals();
	c.gateway.watch[1].events = POLLIN;
	client_socket_init(&c.client, cgi_param, &c);
	c.gateway.client = &c.client;
	chat_sweeper_init(&sweeper, apps);
	worker_init(&worker, apps);
	worker_serve(&worker, &c.gateway);
	clean_up(apps, &sweeper, &worker);
	chat_sweeper_fini(&sweeper);
	worker_fini(&worker);
	app_list_leave(apps);
}
