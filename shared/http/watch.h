/* SPDX-License-Identifier: MIT */
#ifndef HTTP_WATCH_H
#define HTTP_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "http/gateway.h"

/* What else to attend to while an upstream is waited for. */
struct http_watch {
	const struct gateway *gateway;

	/* Called at every turn of the loop. Returns the milliseconds until it
	 * wants to be called again, at the latest; -1 ends the transfer. */
	int64_t (*tick)(void *ctx);

	/* All bytes that one read brought were delivered. */
	void (*settled)(void *ctx);

	/* The client left: whether to go on, with a gateway that does not
	 * watch it any more. NULL: never. */
	bool (*left)(void *ctx);
	void *ctx;
};

/*
 * Looks whether the client is still there (`look`) and ticks. Lowers `wait_ms`
 * to when it wants to be attended to again. False with ERROR_CLIENT_GONE or
 * ERROR_STOPPING.
 */
bool http_watch_attend(const struct http_watch *w, bool look, int64_t *wait_ms,
		       struct error *e);

#endif
