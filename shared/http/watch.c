/* SPDX-License-Identifier: MIT */
/* Attends to the client while an upstream is waited for. */
#include "http/watch.h"

static bool check_gateway(const struct http_watch *w, struct error *e)
{
	return gateway_wait(w->gateway, 0, e) ||
	       (e->kind == ERROR_CLIENT_GONE && w->left != NULL &&
		w->left(w->ctx));
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
	if (w->gateway->client != NULL && *wait_ms > CLIENT_SOCKET_EVERY_MS)
		*wait_ms = CLIENT_SOCKET_EVERY_MS;
	return true;
}
