/* SPDX-License-Identifier: MIT */
/* Cross-origin requests from browsers (Fetch Standard, "HTTP extensions"). */
#include "app/cors.h"

#include <ctype.h>
#include <string.h>

static bool is_allowed(const struct config_list *origins, const char *origin)
{
	for (size_t i = 0; origin != NULL && i < origins->n; i++)
		if (strcasecmp(origins->items[i], origin) == 0)
			return true;
	return false;
}

void cors_headers(struct exchange *x)
{
	const char *origin = http_request_header(&x->request, "HTTP_ORIGIN");
	const struct config_list *allowed = &x->app->config.cors_origins;

	if (allowed->n == 1 && strcmp(allowed->items[0], "*") == 0) {
		response_header(&x->response, "Access-Control-Allow-Origin",
				"*");
	} else {
		response_header(&x->response, "Vary", "Origin");
		if (is_allowed(allowed, origin))
			response_header(&x->response,
					"Access-Control-Allow-Origin", origin);
	}
	response_header(&x->response, "Access-Control-Expose-Headers",
			"x-request-id, request-id, retry-after, "
			"retry-after-ms, x-should-retry, server-timing");
}

/* The requested names, without characters that no header name has (RFC 9110,
 * 5.6.2): they are echoed. */
static const char *clean_names(struct arena *a, const char *names)
{
	char *clean = arena_copy(a, names), *out = clean;

	for (const char *p = names; *p != '\0'; p++)
		if (isalnum((unsigned char)*p) || strchr("-_, ", *p) != NULL)
			*out++ = *p;
	*out = '\0';
	return clean;
}

void cors_preflight(struct exchange *x)
{
	const char *names = http_request_header(
		&x->request, "HTTP_ACCESS_CONTROL_REQUEST_HEADERS");

	response_header(&x->response, "Access-Control-Allow-Methods",
			"GET, POST, DELETE, OPTIONS, HEAD");
	response_header(&x->response, "Access-Control-Allow-Headers",
			names == NULL ? "authorization, content-type" :
					clean_names(x->arena, names));
	response_header(&x->response, "Access-Control-Max-Age", "86400");
	if (http_request_header(
		    &x->request,
		    "HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK") != NULL)
		response_header(&x->response,
				"Access-Control-Allow-Private-Network", "true");
	response_empty(&x->response, 204);
}
