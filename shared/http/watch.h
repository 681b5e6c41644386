/* SPDX-License-Identifier: MIT */
#ifndef HTTP_WATCH_H
#define HTTP_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "http/gateway.h"

/* What else to attend to while waiting for an upstream. */
struct http_watch {
	const struct gateway *gateway;

	/* Called in every turn of the loop. Returns within how many
	 * milliseconds it must be called again; -1 ends the transfer. */
	int64_t (*tick)(void *ctx);

	/* Everything that one read brought has been delivered. */
	void (*settled)(void *ctx);

	/* The client left: whether to continue, with a gateway that no longer
	 * watches it. NULL: no. */
	bool (*left)(void *ctx);
	void *ctx;
};

/*
 * Checks that the client is still there, if `look`, and ticks. Lowers
 * `*wait_ms` to the time by which it must be called again. False with
 * ERROR_CLIENT_GONE or ERROR_STOPPING.
 */
bool http_watch_attend(const struct http_watch *w, bool look, int64_t *wait_ms,
		       struct error *e);

#endif
