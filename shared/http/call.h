/* SPDX-License-Identifier: MIT */
#ifndef HTTP_CALL_H
#define HTTP_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/flow.h"

/* A body that is read while it is sent, and read again if it is sent again. */
struct http_source {
	int64_t size; /* bytes */

	/* Fills `p` with `n` bytes from `offset`, all of which exist. */
	bool (*read)(const struct http_source *s, int64_t offset, void *p,
		     size_t n, struct error *e);
	const void *ctx;
};

/* When an exchange may be abandoned because the client has left. */
enum http_abandon {
	HTTP_ABANDON_AT_ONCE,
	/* As soon as `learned` says yes, or 10 seconds after the start: the
	 * reply names something that the request created upstream. */
	HTTP_ABANDON_ONCE_LEARNED,
	/* It changes something upstream whose outcome we must know. */
	HTTP_ABANDON_NEVER,
};

/* How far the body of a reply has come, by its own format. */
enum http_progress {
	HTTP_NOTHING_YET, /* but signs of life, perhaps */
	HTTP_UNDER_WAY,

	/* It has all that the reply needs. More may be said of it, and is
	 * waited for, but not for long. */
	HTTP_USABLE,

	/* There is nothing to wait for. The transfer may end by itself, so
	 * that its connection can be used again; if it does not, it is cut. */
	HTTP_WHOLE,
};

/* How far a call came, and when: clock_ms; 0: not so far. A connection that was
 * there already has no times of its own. */
struct http_trace {
	int64_t lookup_ms, connect_ms, tls_ms; /* these were over */
	int64_t first_byte_ms;		       /* of the response */
	long status;
};

/* One request to an upstream. Everything is borrowed for the call. */
struct http_call {
	const char *method;
	const char *url;
	const char *bearer;	    /* NULL: no Authorization */
	const char *accept;	    /* NULL: application/json */
	const char *type;	    /* of the body; NULL: application/json */
	const char *const *headers; /* more lines, ended by NULL; or NULL */
	const char *body;	    /* NULL: none */
	size_t body_len;
	const struct http_source *source; /* instead of `body` */

	/*
	 * Connect to this numeric address whatever the URL's host resolves to,
	 * without any proxy and on a connection of its own; TLS still checks
	 * the host's name. For URLs that a client named. NULL: by the URL.
	 */
	const char *address;

	struct http_trace *trace; /* filled at its end; or NULL */

	/* Receives the absolute URL that a redirect leads to; or NULL. */
	struct buf *redirect;

	/*
	 * Receives the body of a 2xx response as it comes, and may stop the
	 * transfer. NULL: the body goes into the reply, as it always does with
	 * other statuses.
	 */
	enum flow (*on_bytes)(void *ctx, const char *p, size_t n);

	/*
	 * Asked after each on_bytes; gets ctx. From HTTP_USABLE on it does not
	 * matter how the transfer ends. NULL: only its end is the reply's.
	 */
	enum http_progress (*progress)(const void *ctx);
	void *ctx;

	enum http_abandon abandon;
	bool (*learned)(const void *ctx); /* set with ONCE_LEARNED; gets ctx */
	int64_t max_ms; /* for the whole exchange; 0: no limit */

	/* It must not arrive twice, so it gets a new connection: libcurl
	 * repeats a request that a reused connection lost. */
	bool once;
};

#endif
