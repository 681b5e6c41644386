/* SPDX-License-Identifier: MIT */
#ifndef APP_SERVE_JSON_RESPONSE_H
#define APP_SERVE_JSON_RESPONSE_H

#include "app/exchange.h"
#include "base/json.h"

/* A response whose body is one JSON value, written in the exchange's arena. */
struct json_response {
	struct exchange *x;
	struct buf *out;
	struct json_writer w;
};

/* Returns the writer for the body. */
struct json_writer *json_response_begin(struct json_response *r,
					struct exchange *x);

/* Answers 200 with what was written or, if it is too large, with an error. */
void json_response_send(struct json_response *r);

/* The same with another status. */
void json_response_send_as(struct json_response *r, int status);

/* Answers with OpenAI's object for what was deleted: {id, object, deleted}. */
void json_response_deleted(struct exchange *x, const char *object,
			   const char *id);

#endif
