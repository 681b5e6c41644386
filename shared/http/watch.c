/* SPDX-License-Identifier: MIT */
/* Those who wait for an answer of Kimi's: whether they still do. */
#include "http/watch.h"

#include <poll.h>

static bool check_gateway(const struct http_watch *w, struct error *e)
{
	const struct gateway *g = w->gateway;
	struct pollfd fds[GATEWAY_FDS];

	for (int i = 0; i < GATEWAY_FDS; i++)
		fds[i] = (struct pollfd){ .fd = g->watch[i].fd,
					  .events = g->watch[i].events };
	if (poll(fds, GATEWAY_FDS, 0) <= 0)
		return true;
	switch (g->state(g->ctx)) {
	case GATEWAY_OPEN:
		return true;
	case GATEWAY_GONE:
		if (w->left != NULL && w->left(w->ctx))
			return true;
		return error_set(e, ERROR_CLIENT_GONE, "The client left.");
	case GATEWAY_STOPPING:
		return error_set(e, ERROR_STOPPING,
				 "This server is shutting down; try again.");
	}
	return true;
}

bool http_watch_attend(const struct http_watch *w, bool look, int64_t *wait_ms,
		       struct error *e)
{
	int64_t next;

	if (look && !check_gateway(w, e))
		return false;
	next = w->tick(w->ctx);
	if (next < 0)
		return error_set(e, ERROR_CLIENT_GONE, "The client left.");
	if (next < *wait_ms)
		*wait_ms = next;
	return true;
}
