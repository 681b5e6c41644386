/* SPDX-License-Identifier: MIT */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/memory.h"
#include "http/encoding/content_encoding.h"
#include "http/gateway.h"

#define HTTP_PATHS 3

/*
 * A request: its head, and its body as far as it was read. Web servers differ
 * in where they put the mount point (RFC 3875 leaves that open), so there are
 * up to three readings of the path; router_find takes the first that is a route.
 */
struct http_request {
	const struct gateway *gateway;
	const char *method;	       /* "GET", … */
	const char *paths[HTTP_PATHS]; /* decoded, "/a/b", no slash at end */
	size_t n_paths;
	bool is_folder;	     /* the path that was asked for ends with "/" */
	struct buf body;     /* by http_request_body */
	bool read_whole;     /* nothing is left of the body */
	int64_t max_decoded; /* bytes, for _piece; _body sets it */
	struct memory_share *share; /* for _body; NULL: it takes none */
	/* Private: the body as the client sends it. */
	const char *encoding_name; /* Content-Encoding; or NULL */
	struct arena *arena;
	struct content_encoding *encoding; /* NULL: none, or none yet */
	int64_t left; /* bytes of the declared length; -1: not declared */
	bool sent_whole;
	bool peeked; /* `first`, its first byte, has still to be given */
	char first;
};

/*
 * Reads everything but the body; the texts live in the arena. `prefix` is
 * dropped from the front of the path (NULL: nothing). ERROR_BAD_REQUEST when
 * the path is malformed.
 */
bool http_request_head(struct http_request *r, struct arena *a,
		       const struct gateway *g, const char *prefix,
		       struct error *e);

/*
 * The body must be read to its end before the response is written, even if it
 * is of no use: with unread input, web servers lose responses. One of these
 * does it:
 *
 * _body stores all of it. ERROR_TOO_LARGE when it has more than `max_body`
 * bytes, ERROR_FULL when there is no memory for it. _piece fills `p` with the
 * next bytes, up to `*n`; `*n` is 0 at the end. _skip discards what is left.
 *
 * ERROR_BAD_REQUEST when the body is shorter than its declared length, which is
 * how most web servers pass on a broken connection. What is longer is cut.
 *
 * _body and _piece decode what has a Content-Encoding, with the errors of
 * content_encoding.h. It counts only if there is a body: then ERROR_TOO_LARGE
 * comes after `max_decoded` bytes.
 */
bool http_request_body(struct http_request *r, size_t max_body,
		       struct error *e);
bool http_request_piece(struct http_request *r, void *p, size_t *n,
			struct error *e);
void http_request_skip(struct http_request *r);

/* The value of CONTENT_LENGTH; -1 if there is none, as for chunked bodies: some
 * servers pass an empty one or "-1" then. */
int64_t http_declared_length(const char *text);

/* A header by its CGI name ("HTTP_ORIGIN"); NULL if missing or empty. */
const char *http_request_header(const struct http_request *r, const char *name);

/* A parameter of the query, decoded; NULL if missing, empty or malformed. */
const char *http_request_query(const struct http_request *r, const char *name,
			       struct arena *a);

/* The name and value of the parameter at `index`, decoded; NULL for one that is
 * malformed. False past the last. */
bool http_request_query_at(const struct http_request *r, size_t index,
			   const char **name, const char **value,
			   struct arena *a);

#endif
