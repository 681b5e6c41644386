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
 * A request with its body read to the end. The mount point differs from web
 * server to web server (RFC 3875 leaves room), so the path is kept in up to
 * three readings; route_find takes the first that is a route.
 */
struct http_request {
	const struct gateway *gateway;
	const char *method;	       /* "GET", … */
	const char *paths[HTTP_PATHS]; /* decoded, "/a/b", no slash at end */
	size_t n_paths;
	struct buf body;
};

/*
 * Reads the body to its end in any case (unread input loses replies), then
 * the path. False with ERROR_TOO_LARGE when the body passes `max_body`, with
 * ERROR_BAD_REQUEST when it breaks off or the path is malformed.
 */
bool http_request_read(struct http_request *r, struct arena *a,
		       const struct gateway *g, size_t max_body,
		       const char *prefix, struct error *e);

/* A header by its CGI name ("HTTP_ORIGIN"); NULL when absent or empty. */
const char *http_request_header(const struct http_request *r, const char *name);

/*
 * Whether the client is on this machine. Behind another proxy nobody can
 * tell, so then it is not.
 */
bool http_request_is_loopback(const struct http_request *r);

/* Whether a browser page of another machine made the request. */
bool http_request_is_foreign_page(const struct http_request *r);

#endif
