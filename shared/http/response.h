/* SPDX-License-Identifier: MIT */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "http/sink.h"

/*
 * Head, then body. A header after the start of the body is a bug, and asserts.
 * The sink remembers write errors: false from any function means that the
 * client is gone.
 */
struct response {
	struct sink *sink;
	struct buf head;
	bool begun;
	bool streaming; /* begun as an event stream */
	bool no_body;	/* the response to HEAD */
	int status;	/* 0 until begun */
	const char *id; /* of the request, as in x-request-id */
};

void response_init(struct response *r, struct sink *sink, bool no_body);
void response_fini(struct response *r);

/* A header line, before the body. The value ends at a control character. */
void response_header(struct response *r, const char *name, const char *value);

/* Complete responses. They are sent when the gateway finishes. */
bool response_json(struct response *r, int status, const char *json, size_t n);
bool response_empty(struct response *r, int status);

/*
 * A response of `n` bytes that follow in pieces, except after HEAD. They are
 * sent when they are flushed.
 */
bool response_bytes(struct response *r, const char *type, int64_t n);
bool response_piece(struct response *r, const char *p, size_t n);

/* An event stream (text/event-stream), sent only by response_flush. */
bool response_stream(struct response *r);
bool response_event(struct response *r, const char *data, size_t n);
bool response_named_event(struct response *r, const char *name,
			  const char *data, size_t n);
bool response_comment(struct response *r, const char *text);
bool response_flush(struct response *r);

#endif
