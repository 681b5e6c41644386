/* SPDX-License-Identifier: MIT */
#ifndef HTTP_GATEWAY_H
#define HTTP_GATEWAY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

enum gateway_state {
	GATEWAY_OPEN,	  /* the client waits */
	GATEWAY_GONE,	  /* the client left */
	GATEWAY_STOPPING, /* this process must end now */
};

#define GATEWAY_FDS 2

/*
 * One request as the web server hands it over. FastCGI and CGI each fill one;
 * past it nobody knows which it is.
 */
struct gateway {
	/* A CGI variable of the request, or NULL. */
	const char *(*param)(void *ctx, const char *name);

	/* Body bytes: 0 at the end, -1 when it breaks off. */
	ssize_t (*read)(void *ctx, void *p, size_t n);

	/* Response bytes; false once the web server takes no more. */
	bool (*write)(void *ctx, const void *p, size_t n);
	bool (*flush)(void *ctx);

	/* The response is whole: lets the web server complete it, while the
	 * worker may still tidy up. */
	void (*finish)(void *ctx);

	/*
	 * The same, and the worker goes on for long with nobody listening: the
	 * web server must not send it more on this connection. NULL where the
	 * program ends with its client.
	 */
	void (*detach)(void *ctx);

	/*
	 * What to poll beside the upstream, each with its events (-1: none),
	 * and what it means when one of them fires.
	 */
	struct {
		int fd;
		short events;
	} watch[GATEWAY_FDS];
	enum gateway_state (*state)(void *ctx);

	void *ctx;
};

/*
 * Waits up to `ms` for what the gateway watches, and says whether the client
 * still does. False with ERROR_CLIENT_GONE or ERROR_STOPPING.
 */
bool gateway_wait(const struct gateway *g, int ms, struct error *e);

#endif
