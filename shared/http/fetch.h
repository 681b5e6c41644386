/* SPDX-License-Identifier: MIT */
#ifndef HTTP_FETCH_H
#define HTTP_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/spool.h"
#include "http/client.h"

/* What a URL that somebody else named leads to. */
struct fetch {
	struct http_client *http;
	struct arena *arena;
	int64_t max;	/* bytes */
	int64_t max_ms; /* in all, for each part of the way */
	struct spool *to;
	const char *type; /* out: Content-Type; NULL: none was named */
};

/*
 * Fetches it with no credentials. Https and port 443 only, without a user;
 * the host's addresses must all be public, and one of them is connected to,
 * whatever the name says a moment later. Each of three redirects at most is
 * held to the same. ERROR_VALUE, or ERROR_CLIENT_GONE and the like when the
 * one who waits has left.
 */
bool http_fetch(struct fetch *f, const char *url, struct error *e);

#endif
