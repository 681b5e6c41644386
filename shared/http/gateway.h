/* SPDX-License-Identifier: MIT */
#ifndef HTTP_GATEWAY_H
#define HTTP_GATEWAY_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "http/client_socket.h"

enum gateway_state {
	GATEWAY_OPEN,	  /* the client is waiting */
	GATEWAY_GONE,	  /* the client left */
	GATEWAY_STOPPING, /* this process must end now */
};

#define GATEWAY_FDS 2

/*
 * One request as the web server hands it over. FastCGI and CGI each fill one;
 * nothing else knows which of them it is.
 */
struct gateway {
	/* A CGI variable of the request, or NULL. */
	const char *(*param)(void *ctx, const char *name);

	/* Whether any of them, as "NAME=VALUE", is such a one. */
	bool (*any_param)(void *ctx, bool (*is)(const char *param));

	/* Bytes of the body: 0 at its end, -1 when the connection broke. */
	ssize_t (*read)(void *ctx, void *p, size_t n);

	/* Bytes of the response; false once the web server takes no more. */
	bool (*write)(void *ctx, const void *p, size_t n);
	bool (*flush)(void *ctx);

	/* The response is complete: lets the web server deliver it while the
	 * worker may still clean up. */
	void (*finish)(void *ctx);

	/*
	 * The same, but the worker will stay busy with nobody listening, so the
	 * web server must not send it more requests on this connection. NULL if
	 * the program ends with its client.
	 */
	void (*detach)(void *ctx);

	/* What to poll besides the upstream (fd -1: nothing), and what it means
	 * when one of them is ready. */
	struct {
		int fd;
		short events;
	} watch[GATEWAY_FDS];
	enum gateway_state (*state)(void *ctx);

	/* Looked at from time to time; NULL: nothing is known of it. */
	struct client_socket *client;

	void *ctx;
};

/*
 * Waits up to `ms` for what the gateway watches. True while the client is
 * waiting; false with ERROR_CLIENT_GONE or ERROR_STOPPING.
 */
bool gateway_wait(const struct gateway *g, int ms, struct error *e);

/* The same, but also until one of these is ready. */
#define GATEWAY_MORE 2
bool gateway_wait_also(const struct gateway *g, const struct pollfd *more,
		       size_t n, int ms, struct error *e);

#endif
