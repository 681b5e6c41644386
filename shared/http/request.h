/* SPDX-License-Identifier: MIT */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "http/gateway.h"

#define HTTP_PATHS 3

/*
 * A request: its head, and its body as far as it was read. The mount point
 * differs from web server to web server (RFC 3875 leaves room), so the path is
 * kept in up to three readings; router_find takes the first that is a route.
 */
struct http_request {
	const struct gateway *gateway;
	const char *method;	       /* "GET", … */
	const char *paths[HTTP_PATHS]; /* decoded, "/a/b", no slash at end */
	size_t n_paths;
	struct buf body; /* by http_request_body */
	bool read_whole; /* nothing of the body is left */
};

/* Reads all but the body. ERROR_BAD_REQUEST when the path is malformed. */
bool http_request_head(struct http_request *r, struct arena *a,
		       const struct gateway *g, const char *prefix,
		       struct error *e);

/*
 * The body must be read to its end, whatever comes of it, before anything is
 * answered: unread input loses replies. One of these does it:
 *
 * _body keeps all of it. ERROR_TOO_LARGE when it passes `max_body`.
 * _piece fills `p` with the next bytes, `*n` at most; at the end with none.
 * _skip drops what is left.
 *
 * ERROR_BAD_REQUEST when it breaks off.
 */
bool http_request_body(struct http_request *r, size_t max_body,
		       struct error *e);
bool http_request_piece(struct http_request *r, void *p, size_t *n,
			struct error *e);
void http_request_skip(struct http_request *r);

/* A header by its CGI name ("HTTP_ORIGIN"); NULL when absent or empty. */
const char *http_request_header(const struct http_request *r, const char *name);

/* A parameter of the query, decoded; NULL when absent, empty or malformed. */
const char *http_request_query(const struct http_request *r, const char *name,
			       struct arena *a);

/* The parameter at `index`, decoded: NULL what is malformed. False past the
 * last. */
bool http_request_query_at(const struct http_request *r, size_t index,
			   const char **name, const char **value,
			   struct arena *a);

#endif
