/* SPDX-License-Identifier: MIT */
#ifndef APP_ROUTER_H
#define APP_ROUTER_H

#include "base/error.h"
#include "dialect/dialect.h"
#include "http/request.h"

struct exchange;

#define ROUTE_PARAMS 2

/*
 * A row of a route table, which ends with a row without a pattern.
 *
 * A pattern is a public path with up to ROUTE_PARAMS names in braces. A name in
 * the middle matches one segment, a name at the end matches everything that
 * remains; neither matches an empty text. The first row that matches wins, so
 * longer patterns come first. Clients may omit or double "/v1", and any mount
 * point may precede it.
 */
struct route {
	const char *method;
	const char *pattern;
	void (*serve)(struct exchange *x);
	const struct dialect *dialect; /* how errors are spelled */
	bool reads_body; /* the handler does; else it gets the whole body */
	bool open;	 /* to callers without an API key */
	bool replies;	 /* with what a model says: see request_row.h */
	bool reports;	 /* what the database has, also without credentials */
};

struct router_match {
	const struct route *route;
	const char *params[ROUTE_PARAMS]; /* what the names matched, or "" */
	const char *allow; /* with ERROR_METHOD: the methods; else NULL */
};

/*
 * Finds the row for the request's path and method; HEAD matches GET. Strings
 * in `m` are made in the arena. ERROR_ROUTE or ERROR_METHOD.
 */
bool router_find(struct router_match *m, const struct route *table,
		 const struct http_request *r, struct arena *a,
		 struct error *e);

#endif
