/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_STRING_GATEWAY_H
#define SUPPORT_STRING_GATEWAY_H

#include "base/arena.h"
#include "base/buf.h"
#include "http/gateway.h"

struct string_param {
	const char *name, *value;
};

#define STRING_PARAMS 24

/* A web server made of strings. */
struct string_gateway {
	struct gateway gateway;
	struct string_param params[STRING_PARAMS];
	const char *body;
	size_t body_left;
	size_t step;	    /* most bytes of the body per read; 0: all */
	bool body_breaks;   /* -1 instead of the end of the body */
	struct buf out;	    /* what was written */
	size_t flushed;	    /* how much of it was flushed */
	size_t first_flush; /* how much the first flush sent; 0: none yet */
	size_t writes, flushes, finishes;
	size_t looks;	  /* for a `state` of the test's own to count */
	size_t max_out;	  /* writes fail once so much is out; 0: never */
	bool flush_fails; /* the next flush fails, once */

	/* Called before a write that holds the text `watched`. */
	void (*on_watched)(void *ctx);
	const char *watched;
	void *watched_ctx;
};

/* Lives as long as the arena. `body` NULL: none. */
struct string_gateway *string_gateway_new(struct arena *a, const char *method,
					  const char *uri, const char *body);

/* Adds a CGI variable, or replaces it. */
void string_gateway_set(struct string_gateway *g, const char *name,
			const char *value);

#endif
