/* SPDX-License-Identifier: MIT */
/* A gateway over strings, which is neither CGI nor FastCGI. */
#include "tests/unit/support/string_gateway.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/support/test.h"

#define OUT_LIMIT (64 * 1024 * 1024)

static const char *on_param(void *ctx, const char *name)
{
	struct string_gateway *g = ctx;

	for (size_t i = 0; i < STRING_PARAMS && g->params[i].name != NULL; i++)
		if (strcmp(g->params[i].name, name) == 0)
			return g->params[i].value;
	return NULL;
}

static bool on_any_param(void *ctx, bool (*is)(const char *param))
{
	struct string_gateway *g = ctx;
	bool any = false;

	for (size_t i = 0; i < STRING_PARAMS && g->params[i].name != NULL;
	     i++) {
		char *param;

		if (g->params[i].value == NULL)
			continue;
		if (asprintf(&param, "%s=%s", g->params[i].name,
			     g->params[i].value) < 0)
			abort();
		any |= is(param);
		free(param);
	}
	return any;
}

static ssize_t on_read(void *ctx, void *p, size_t n)
{
	struct string_gateway *g = ctx;

	if (n > g->body_left)
		n = g->body_left;
	if (g->step > 0 && n > g->step)
		n = g->step;
	if (n == 0)
		return g->body_breaks ? -1 : 0;
	memcpy(p, g->body, n);
	g->body += n;
	g->body_left -= n;
	return (ssize_t)n;
}

static bool on_write(void *ctx, const void *p, size_t n)
{
	struct string_gateway *g = ctx;

	g->writes++;
	if (g->watched != NULL &&
	    memmem(p, n, g->watched, strlen(g->watched)) != NULL)
		g->on_watched(g->watched_ctx);
	if (g->max_out > 0 && g->out.len + n > g->max_out)
		return false;
	return buf_append(&g->out, p, n);
}

static bool on_flush(void *ctx)
{
	struct string_gateway *g = ctx;

	g->flushes++;
	g->flushed = g->out.len;
	if (g->first_flush == 0)
		g->first_flush = g->out.len;
	if (!g->flush_fails)
		return true;
	g->flush_fails = false;
	return false;
}

static void on_finish(void *ctx)
{
	struct string_gateway *g = ctx;

	g->finishes++;
}

static enum gateway_state on_state(void *ctx)
{
	(void)ctx;
	return GATEWAY_OPEN;
}

void string_gateway_set(struct string_gateway *g, const char *name,
			const char *value)
{
	size_t i = 0;

	while (g->params[i].name != NULL &&
	       strcmp(g->params[i].name, name) != 0)
		assert_true(++i < STRING_PARAMS);
	g->params[i] = (struct string_param){ name, value };
}

struct string_gateway *string_gateway_new(struct arena *a, const char *method,
					  const char *uri, const char *body)
{
	struct string_gateway *g = arena_alloc(a, sizeof(*g));

	g->gateway = (struct gateway){
		.param = on_param,
		.any_param = on_any_param,
		.read = on_read,
		.write = on_write,
		.flush = on_flush,
		.finish = on_finish,
		.watch = { { .fd = -1 }, { .fd = -1 } },
		.state = on_state,
		.ctx = g,
	};
	g->body = body;
	g->body_left = body == NULL ? 0 : strlen(body);
	arena_buf_init(a, &g->out, OUT_LIMIT);
	if (method != NULL)
		string_gateway_set(g, "REQUEST_METHOD", method);
	if (uri != NULL)
		string_gateway_set(g, "REQUEST_URI", uri);
	return g;
}
