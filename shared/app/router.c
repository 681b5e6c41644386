/* SPDX-License-Identifier: MIT */
/* From path and method to the row of the route table. */
#include "app/router.h"

#include <string.h>

/* Behind "/v1", and behind a second one that a client doubled. */
static const char *behind_v1(const char *path)
{
	const char *found = NULL;

	for (const char *p = strstr(path, "/v1"); p != NULL;
	     p = strstr(p + 1, "/v1")) {
		if (p[3] != '/' && p[3] != '\0')
			continue;
		found = p + 3;
		break;
	}
	while (found != NULL && strncmp(found, "/v1", 3) == 0 &&
	       (found[3] == '/' || found[3] == '\0'))
		found += 3;
	return found;
}

/* What a pattern's braces stood for. */
struct param {
	const char *p;
	size_t n;
};

static bool ends_with(const char *p, size_t n, const char *end)
{
	size_t m = strlen(end);

	return n >= m && memcmp(p + n - m, end, m) == 0;
}

/* A segment, the `n` characters of `middle`, and something more. */
static bool two_names_fit(const struct param *param, const char *middle,
			  size_t n)
{
	size_t segment = strcspn(param->p, "/");

	return segment > 0 && strncmp(param->p + segment, middle, n) == 0 &&
	       param->p[segment + n] != '\0';
}

/* Patterns are compared behind "/v1"; the root is "". */
static const char *pattern_tail(const char *pattern)
{
	if (strncmp(pattern, "/v1/", 4) == 0)
		pattern += 3;
	return strcmp(pattern, "/") == 0 ? "" : pattern;
}

static bool pattern_fits(const char *pattern, const char *path,
			 struct param *param)
{
	const char *tail;
	size_t n;

	pattern = pattern_tail(pattern);
	n = strcspn(pattern, "{");
	*param = (struct param){ "", 0 };
	if (pattern[n] == '\0')
		return strcmp(pattern, path) == 0;
	if (strncmp(pattern, path, n) != 0)
		return false;
	*param = (struct param){ path + n, strlen(path + n) };
	tail = strchr(pattern + n, '}') + 1;
	n = strcspn(tail, "{");
	if (tail[n] == '{')
		return two_names_fit(param, tail, n);
	if (!ends_with(param->p, param->n, tail))
		return false;
	param->n -= strlen(tail);
	return param->n > 0 &&
	       (*tail == '\0' || memchr(param->p, '/', param->n) == NULL);
}

/* The first row of that path, whatever its method. */
static const struct route *find_path(const struct route *table,
				     const char *path, struct param *param)
{
	for (const struct route *r = table; r->pattern != NULL; r++)
		if (pattern_fits(r->pattern, path, param))
			return r;
	return NULL;
}

/* The program itself is named when it is called without a path. */
static const char *behind_program(const char *path)
{
	static const char *const programs[] = { "/kimi.cgi", "/kimi.fcgi" };

	for (size_t i = 0; i < 2; i++) {
		const char *p = strstr(path, programs[i]);

		if (p != NULL && p[strlen(programs[i])] == '\0')
			return "";
	}
	return NULL;
}

static const struct route *find_reading(const struct route *table,
					const char *path, struct param *param)
{
	const char *behind[] = { path, behind_v1(path), behind_program(path) };

	for (size_t i = 0; i < sizeof(behind) / sizeof(*behind); i++) {
		const struct route *r;

		if (behind[i] == NULL)
			continue;
		r = find_path(table, behind[i], param);
		if (r != NULL)
			return r;
	}
	if (behind[1] != NULL)
		return NULL;
	/* Mounted under a prefix and called without /v1. */
	for (const char *p = path;
	     *p != '\0' && (p = strchr(p + 1, '/')) != NULL;) {
		const struct route *r = find_path(table, p, param);

		if (r != NULL)
			return r;
	}
	return NULL;
}

static bool method_fits(const char *route, const char *method)
{
	return strcmp(route, method) == 0 ||
	       (strcmp(route, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

/* The next row with that row's pattern. */
static const struct route *next_method(const struct route *row)
{
	const char *pattern = row->pattern;

	while ((++row)->pattern != NULL)
		if (strcmp(row->pattern, pattern) == 0)
			return row;
	return NULL;
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

const struct route *route_find(const struct route *table,
			       const struct http_request *r, struct arena *a,
			       const char **param, const char **allow,
			       struct error *e)
{
	const struct route *first = NULL;
	struct param found = { "", 0 };

	*allow = NULL;
	for (size_t i = 0; i < r->n_paths && first == NULL; i++)
		first = find_reading(table, r->paths[i], &found);
	if (first == NULL) {
		error_set(e, ERROR_ROUTE,
			  "Unknown path: GET / tells the known ones.");
		return NULL;
	}
	*param = arena_copy_n(a, found.p, found.n);
	for (const struct route *row = first; row != NULL;
	     row = next_method(row))
		if (method_fits(row->method, r->method))
			return row;
	*allow = allowed_methods(first, a);
	error_set(e, ERROR_METHOD,
		  "The method %.16s is not offered here; "
		  "allowed: %s.",
		  r->method, *allow);
	return NULL;
}
