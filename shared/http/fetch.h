/* SPDX-License-Identifier: MIT */
#ifndef HTTP_FETCH_H
#define HTTP_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/spool.h"
#include "http/client.h"

/* A download from a URL that a client named. */
struct fetch {
	struct http_client *http;
	struct arena *arena;
	int64_t max;	/* bytes */
	int64_t max_ms; /* for everything, redirects included */
	struct spool *to;
	const char *type; /* out: Content-Type, "" if there is none */
};

/*
 * Downloads the URL without any credential. It must be https on port 443 and
 * without a user name. All addresses of its host must be public, and one of
 * those is connected to, whatever the name resolves to a moment later. Up to
 * three redirects are followed under the same rules. ERROR_VALUE when that
 * fails; ERROR_CLIENT_GONE or ERROR_STOPPING when the client's watch ended it.
 */
bool http_fetch(struct fetch *f, const char *url, struct error *e);

#endif
