/* SPDX-License-Identifier: MIT */
/* Watches the web server's side of a request. */
#include "http/gateway.h"

#include <poll.h>

static bool gone(struct error *e)
{
	return error_set(e, ERROR_CLIENT_GONE, "The client left.");
}

bool gateway_wait(const struct gateway *g, int ms, struct error *e)
{
	struct pollfd fds[GATEWAY_FDS];

	for (int i = 0; i < GATEWAY_FDS; i++)
		fds[i] = (struct pollfd){ .fd = g->watch[i].fd,
					  .events = g->watch[i].events };
	if (poll(fds, GATEWAY_FDS, ms) <= 0)
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
