/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_OPENAI_RESPONSES_H
#define DIALECT_OPENAI_RESPONSES_H

#include "dialect/dialect.h"
#include "dialect/field_table.h"

/*
 * The Responses dialect: OpenAI's API description of August 2026 and Open
 * Responses of April 2026 (POST /v1/responses).
 */
/* Of the ids of answers. */
#define OPENAI_RESPONSES_PREFIX "resp_"

extern const struct field openai_responses_fields[];

enum openai_response_status {
	OPENAI_RESPONSE_QUEUED,
	OPENAI_RESPONSE_IN_PROGRESS,
	OPENAI_RESPONSE_COMPLETED,
	OPENAI_RESPONSE_INCOMPLETE,
	OPENAI_RESPONSE_FAILED,
	OPENAI_RESPONSE_CANCELLED,
};

/* A response as an object: one that is stored, or begins. */
struct openai_response {
	const char *id;	       /* "resp_…" */
	const cJSON *settings; /* the request; its `input` is not looked at */
	const char *model;
	const char *metadata; /* JSON object as text; NULL: the settings' */
	const char *previous, *conversation; /* ids; NULL: none */
	enum openai_response_status status;
	int64_t created, completed;	    /* Unix seconds; 0: not yet */
	const struct chat_message *message; /* the answer; NULL: none yet */
	enum chat_finish finish;	    /* when it is incomplete */
	const struct chat_usage *usage;	    /* NULL: null */
	const struct error *error;	    /* when it failed */
};

/* As the outermost value, a member (`key`) or an array element. */
void openai_response_put(struct json_writer *w, const char *key,
			 const struct openai_response *r);

#endif
