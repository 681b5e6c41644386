/* SPDX-License-Identifier: MIT */
#ifndef APP_SERVE_JSON_RESPONSE_H
#define APP_SERVE_JSON_RESPONSE_H

#include "app/exchange.h"
#include "base/json.h"

/* A JSON object that is an answer, written in the exchange's arena. */
struct json_response {
	struct exchange *x;
	struct buf *out;
	struct json_writer w;
};

/* Where it is written to. */
struct json_writer *json_response_begin(struct json_response *o,
					struct exchange *x);

/* Answers with what was written; or, if that is too large, with an error. */
void json_response_send(struct json_response *o);

/* OpenAI's word for what is gone: {id, object, deleted}. */
void json_response_deleted(struct exchange *x, const char *object,
			   const char *id);

#endif
