/* SPDX-License-Identifier: MIT */
#ifndef APP_ROUTER_H
#define APP_ROUTER_H

#include "base/error.h"
#include "http/request.h"

struct exchange;
struct dialect;

/*
 * A row of the static table in app/routes.c, ended by a row without pattern.
 * A pattern is the public path; it may hold one name in braces, which
 * stands for one or more characters and becomes the parameter: in the middle
 * of a path for one segment, at its end for all that is left. With a second
 * name, at its end, all from the first on is the parameter. The first row
 * that fits decides, so longer patterns come first. "/v1" in front may be left
 * out or doubled by the client, and the mount point stand before it.
 */
struct route {
	const char *method;
	const char *pattern;
	void (*serve)(struct exchange *x);
	const struct dialect *dialect; /* how errors are spelled */
	bool reads_body; /* itself; else it is read whole before */
};

/*
 * The row for the request's path and method, and the parameter in `*param`
 * ("" without one), made in the arena. NULL with ERROR_ROUTE, or with ERROR_METHOD and the
 * allowed methods in `allow`, likewise. HEAD goes where GET is.
 */
const struct route *route_find(const struct route *table,
			       const struct http_request *r, struct arena *a,
			       const char **param, const char **allow,
			       struct error *e);

#endif
