/* SPDX-License-Identifier: MIT */
/* Watches the web server's side of a request. */
#include "http/gateway.h"

#include <assert.h>

static bool gone(struct error *e)
{
	return error_set(e, ERROR_CLIENT_GONE, "The client left.");
}

bool gateway_wait(const struct gateway *g, int ms, struct error *e)
{
	return gateway_wait_also(g, NULL, 0, ms, e);
}

bool gateway_wait_also(const struct gateway *g, const struct pollfd *more,
		       size_t n, int ms, struct error *e)
{
	struct pollfd fds[GATEWAY_FDS + GATEWAY_MORE];

	assert(n <= GATEWAY_MORE);
	for (int i = 0; i < GATEWAY_FDS; i++)
		fds[i] = (struct pollfd){ .fd = g->watch[i].fd,
					  .events = g->watch[i].events };
	for (size_t i = 0; i < n; i++)
		fds[GATEWAY_FDS + i] = more[i];
	if (poll(fds, GATEWAY_FDS + n, ms) <= 0)
		return g->client == NULL ||
		       !client_socket_is_closed(g->client) || gone(e);
	switch (g->state(g->ctx)) {
	case GATEWAY_OPEN:
		return true;
	case GATEWAY_GONE:
		return gone(e);
	case GATEWAY_STOPPING:
		return error_set(e, ERROR_STOPPING,
				 "This server is shutting down. Try again.");
	}
	return true;
}
