/* SPDX-License-Identifier: MIT */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "http/sink.h"

/*
 * Head, then body, then done. A header after the body began is our own
 * mistake and asserts. Write errors are kept by the sink: a function that
 * returns false says that the client is gone.
 */
struct response {
	struct sink *sink;
	struct buf head;
	bool begun;
	bool streaming; /* begun as an event stream */
	bool no_body;	/* the answer to HEAD */
	int status;	/* 0 until begun */
	const char *id; /* of the request, as in x-request-id */
};

void response_init(struct response *r, struct sink *sink, bool no_body);
void response_fini(struct response *r);

/* A header line, before the body. Control characters end the value. */
void response_header(struct response *r, const char *name, const char *value);

/* Whole answers. They leave when the gateway finishes, in one write. */
bool response_json(struct response *r, int status, const char *json, size_t n);
bool response_empty(struct response *r, int status);

/*
 * An answer of `n` bytes that come later, in pieces; with HEAD they must not.
 * They leave as they are flushed.
 */
bool response_bytes(struct response *r, const char *type, int64_t n);
bool response_piece(struct response *r, const char *p, size_t n);

/* An event stream (text/event-stream), flushed only by response_flush. */
bool response_stream(struct response *r);
bool response_event(struct response *r, const char *data, size_t n);
bool response_named_event(struct response *r, const char *name,
			  const char *data, size_t n);
bool response_comment(struct response *r, const char *text);
bool response_flush(struct response *r);

#endif
