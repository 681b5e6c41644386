/* SPDX-License-Identifier: MIT */
/* Matches a request's path and method against the route table. */
#include "app/router.h"

#include <string.h>

static bool is_v1(const char *p)
{
	return strncmp(p, "/v1", 3) == 0 && (p[3] == '/' || p[3] == '\0');
}

/* The path after its first "/v1" and any repetitions of that. */
static const char *after_v1(const char *path)
{
	const char *p = strstr(path, "/v1");

	while (p != NULL && !is_v1(p))
		p = strstr(p + 1, "/v1");
	while (p != NULL && is_v1(p))
		p += 3;
	return p;
}

/* Patterns are matched without their "/v1"; the root is "". */
static const char *pattern_tail(const char *pattern)
{
	if (is_v1(pattern))
		pattern += 3;
	return strcmp(pattern, "/") == 0 ? "" : pattern;
}

struct span {
	const char *p;
	size_t n;
};

struct found {
	const struct route *route;
	struct span params[ROUTE_PARAMS];
};

static bool pattern_matches(const char *pattern, const char *path,
			    struct span params[ROUTE_PARAMS])
{
	size_t i = 0;

	for (size_t k = 0; k < ROUTE_PARAMS; k++)
		params[k] = (struct span){ "", 0 };
	for (;;) {
		size_t n;

		while (*pattern == *path && *pattern != '{' && *path != '\0')
			pattern++, path++;
		if (*pattern == '\0')
			return *path == '\0';
		if (*pattern != '{')
			return false;
		pattern = strchr(pattern, '}') + 1;
		n = *pattern == '\0' ? strlen(path) : strcspn(path, "/");
		if (n == 0)
			return false;
		params[i++] = (struct span){ path, n };
		path += n;
	}
}

/* The first row for that path, whatever its method. */
static bool find_path(const struct route *table, const char *path,
		      struct found *f)
{
	for (const struct route *r = table; r->pattern != NULL; r++) {
		if (!pattern_matches(pattern_tail(r->pattern), path, f->params))
			continue;
		f->route = r;
		return true;
	}
	return false;
}

/* Whether the path ends with the program itself: that is our root. */
static bool is_program(const char *path)
{
	const char *name = strrchr(path, '/');

	return name != NULL && (strcmp(name, "/kimi.cgi") == 0 ||
				strcmp(name, "/kimi.fcgi") == 0);
}

/* As it is, after "/v1", or after any mount point when there is no "/v1". */
static bool find_reading(const struct route *table, const char *path,
			 struct found *f)
{
	const char *tail = after_v1(path);

	if ((!is_v1(path) && find_path(table, path, f)) ||
	    (tail != NULL && find_path(table, tail, f)) ||
	    (is_program(path) && find_path(table, "", f)))
		return true;
	if (tail != NULL || *path == '\0')
		return false;
	for (const char *p = strchr(path + 1, '/'); p != NULL;
	     p = strchr(p + 1, '/'))
		if (find_path(table, p, f))
			return true;
	return false;
}

static bool method_matches(const char *route, const char *method)
{
	return strcmp(route, method) == 0 ||
	       (strcmp(route, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

/* The next row with the same pattern. */
static const struct route *next_method(const struct route *row)
{
	const char *pattern = row->pattern;

	while ((++row)->pattern != NULL)
		if (strcmp(row->pattern, pattern) == 0)
			return row;
	return NULL;
}

/* A prefix that the web server knows and we do not, as in "/kimi/". */
static bool is_mount_point(const struct http_request *r)
{
	return r->is_folder && r->n_paths > 0 &&
	       after_v1(r->paths[0]) == NULL &&
	       method_matches("GET", r->method);
}

static const char *allowed_methods(const struct route *row, struct arena *a)
{
	const char *allow = "OPTIONS";

	for (; row != NULL; row = next_method(row))
		allow = arena_printf(
			a, "%s%s, %s", row->method,
			strcmp(row->method, "GET") == 0 ? ", HEAD" : "", allow);
	return allow;
}

bool router_find(struct router_match *m, const struct route *table,
		 const struct http_request *r, struct arena *a, struct error *e)
{
	struct found found;
	bool known = false;

	*m = (struct router_match){ 0 };
	for (size_t i = 0; i < r->n_paths && !known; i++)
		known = find_reading(table, r->paths[i], &found);
	if (!known && is_mount_point(r))
		known = find_path(table, "", &found);
	if (!known)
		return error_set(e, ERROR_ROUTE,
				 "Unknown path; GET /v1 lists the endpoints.");
	for (size_t i = 0; i < ROUTE_PARAMS; i++)
		m->params[i] =
			arena_copy_n(a, found.params[i].p, found.params[i].n);
	for (m->route = found.route; m->route != NULL;
	     m->route = next_method(m->route))
		if (method_matches(m->route->method, r->method))
			return true;
	m->allow = allowed_methods(found.route, a);
	return error_set(e, ERROR_METHOD,
			 "Method %.16s is not allowed here; use %s.", r->method,
			 m->allow);
}
