/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_WEB_REQUEST_H
#define UPSTREAM_WEB_REQUEST_H

#include "base/json.h"
#include "upstream/web/turn.h"

/*
 * Time limits: the first is shorter than the lock on renewing a token lasts;
 * the second is for deleting, which occupies a worker although nobody waits for
 * it.
 */
#define WEB_REQUEST_MS 20000
#define WEB_REQUEST_DELETE_MS 5000

/* A request that is answered with one JSON object. */
struct web_request {
	enum web_protocol protocol; /* for the form of errors */
	const char *method, *url;
	const char *bearer; /* NULL: none */
	const char *body;   /* JSON; NULL: none */

	/* As in struct http_call. */
	enum http_abandon abandon;
	int64_t max_ms;
	bool once;

	/* Out, when it failed: */
	bool unknown; /* the host does not know the protocol */
	bool unsent;  /* see struct http_reply */
};

/* The object, in the arena; NULL and a filled error for any other reply. */
const cJSON *web_request_send(struct upstream_call *call,
			      struct web_request *q);

#endif
