/* SPDX-License-Identifier: MIT */
/* One FastCGI connection: libfcgi speaks the protocol, a worker answers. */
#include "fcgi/connection.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <fcgiapp.h>

#define MAX_WRITE (1 << 20) /* libfcgi takes an int */
#define RECORD_ABORT 2

/* A socket takes this much, in a few pieces, whether its peer reads or not. */
#define NO_WAIT (32 * 1024)

struct connection {
	struct gateway gateway;
	const struct shutdown *shutdown;
	const struct error *refusal; /* or NULL */
	int silence_seconds;	     /* after which the peer is dropped */
	FCGX_Request request;
	struct client_socket client;
	size_t written;	      /* bytes, so far */
	bool writing_limited; /* to `silence_seconds` */
	bool read_whole;      /* the request has come to its end */
	bool finished;
};

/* What follows "NAME=" in a parameter; NULL: it is another one. */
static const char *value_of(const char *param, const char *name)
{
	while (*name != '\0' && *name == *param)
		name++, param++;
	return *name == '\0' && *param == '=' ? param + 1 : NULL;
}

/* As FCGX_GetParam, which compares each by a call: over fifty names are asked
 * for, most of which no request has. */
static const char *fcgi_param(void *ctx, const char *name)
{
	struct connection *c = ctx;
	char **params = c->request.envp;
	const char *value = NULL;

	while (params != NULL && *params != NULL && value == NULL)
		value = value_of(*params++, name);
	return value;
}

static bool fcgi_any_param(void *ctx, bool (*is)(const char *param))
{
	struct connection *c = ctx;
	char **params = c->request.envp;

	while (params != NULL && *params != NULL)
		if (is(*params++))
			return true;
	return false;
}

static void limit_silence(const struct connection *c, int direction)
{
	struct timeval t = { .tv_sec = c->silence_seconds };

	setsockopt(c->request.ipcFd, SOL_SOCKET, direction, &t, sizeof(t));
}

/* The buffer it was read with is not kept while the request is served. */
static ssize_t fcgi_read(void *ctx, void *p, size_t n)
{
	struct connection *c = ctx;
	int got;

	if (c->read_whole)
		return 0;
	got = FCGX_GetStr(p, (int)n, c->request.in);
	if (got == 0 && FCGX_GetError(c->request.in) != 0)
		return -1;
	c->read_whole = FCGX_HasSeenEOF(c->request.in) != 0;
	if (c->read_whole)
		FCGX_FreeStream(&c->request.in);
	return got;
}

static void limit_writing(struct connection *c)
{
	if (!c->writing_limited)
		limit_silence(c, SO_SNDTIMEO);
	c->writing_limited = true;
}

static bool fcgi_write(void *ctx, const void *p, size_t n)
{
	struct connection *c = ctx;
	const char *from = p;

	c->written += n;
	if (c->written > NO_WAIT)
		limit_writing(c);
	while (n > 0) {
		int part = n > MAX_WRITE ? MAX_WRITE : (int)n;

		if (FCGX_PutStr(from, part, c->request.out) != part)
			return false;
		from += part;
		n -= (size_t)part;
	}
	return true;
}

static bool fcgi_flush(void *ctx)
{
	struct connection *c = ctx;

	limit_writing(c);
	return FCGX_FFlush(c->request.out) != -1;
}

/* Before libfcgi closes a connection it waits for its peer, as what was not read
 * would make the peer lose the end of the response: where all was read, there is
 * nothing to wait for. */
static void close_connection(FCGX_Request *r, bool read_whole)
{
	if (read_whole)
		FCGX_Detach(r);
	FCGX_Free(r, 1);
}

/* What FCGX_Finish_r does, also for a request whose input has been freed. */
static void fcgi_finish(void *ctx)
{
	struct connection *c = ctx;
	FCGX_Request *r = &c->request;
	bool close = !r->keepConnection;

	c->finished = true;
	close |= FCGX_FClose(r->err) != 0;
	close |= FCGX_FClose(r->out) != 0;
	close |= r->in != NULL && FCGX_GetError(r->in) != 0;
	if (close)
		close_connection(r, c->read_whole);
	else
		FCGX_Free(r, 0);
}

static void fcgi_detach(void *ctx)
{
	struct connection *c = ctx;

	c->request.keepConnection = 0;
	c->gateway.watch[0].fd = -1;
	fcgi_finish(c);
}

/*
 * Web servers do not send FCGI_ABORT_REQUEST when a client leaves, they close
 * or half-close the connection. Anything else that is readable is left to
 * libfcgi, and not watched any longer.
 */
static enum gateway_state client_state(struct connection *c)
{
	unsigned char record[2];
	ssize_t n = recv(c->request.ipcFd, record, sizeof(record),
			 MSG_PEEK | MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return GATEWAY_OPEN;
	if (n <= 0 || (n == 2 && record[1] == RECORD_ABORT))
		return GATEWAY_GONE;
	c->gateway.watch[0].fd = -1;
	return GATEWAY_OPEN;
}

static enum gateway_state fcgi_state(void *ctx)
{
	struct connection *c = ctx;
	struct pollfd stop = { .fd = c->shutdown->abort_fd, .events = POLLIN };

	if (poll(&stop, 1, 0) > 0)
		return GATEWAY_STOPPING;
	return client_state(c);
}

static void serve_request(struct connection *c, struct worker_pool *workers)
{
	c->read_whole = c->finished = false;
	if (c->refusal != NULL)
		c->request.keepConnection = 0;
	c->gateway.watch[0].fd = c->request.ipcFd;
	c->gateway.watch[0].events = POLLIN | POLLRDHUP;
	c->gateway.watch[1].fd = c->shutdown->abort_fd;
	c->gateway.watch[1].events = POLLIN;
	client_socket_init(&c->client, fcgi_param, c);
	c->gateway.client = &c->client;
	if (c->refusal == NULL)
		worker_pool_serve(workers, &c->gateway);
	else
		worker_refuse(workers->apps, &c->gateway, c->refusal);
	if (!c->finished)
		fcgi_finish(c);
}

/* Waits for another request: web servers keep connections for longer than this
 * process may take to end. */
static bool has_next(const struct connection *c)
{
	struct pollfd fds[] = {
		{ .fd = c->request.ipcFd, .events = POLLIN },
		{ .fd = c->shutdown->begin_fd, .events = POLLIN },
	};

	return c->request.ipcFd >= 0 && !shutdown_has_begun(c->shutdown) &&
	       poll(fds, 2, c->silence_seconds * 1000) > 0 &&
	       fds[0].revents != 0;
}

void connection_serve(int fd, struct worker_pool *workers,
		      const struct shutdown *shutdown,
		      const struct error *refusal, int silence_seconds)
{
	struct connection c = {
		.gateway = { .param = fcgi_param,
			     .any_param = fcgi_any_param,
			     .read = fcgi_read,
			     .write = fcgi_write,
			     .flush = fcgi_flush,
			     .finish = fcgi_finish,
			     .detach = fcgi_detach,
			     .state = fcgi_state },
		.shutdown = shutdown,
		.refusal = refusal,
		.silence_seconds = silence_seconds,
	};

	c.gateway.ctx = &c;
	FCGX_InitRequest(&c.request, -1, 0);
	/* libfcgi reads on from this connection instead of accepting one. */
	c.request.ipcFd = fd;
	c.request.keepConnection = 1;
	limit_silence(&c, SO_RCVTIMEO);
	while (FCGX_Accept_r(&c.request) == 0) {
		serve_request(&c, workers);
		if (!has_next(&c))
			break;
	}
	close_connection(&c.request, c.read_whole);
}
