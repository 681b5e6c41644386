/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_OPENAI_CHAT_H
#define DIALECT_OPENAI_CHAT_H

#include "dialect/dialect.h"
#include "dialect/field_table.h"

/*
 * The parts of the chat completions dialect. Its wire format is that of
 * OpenAI's API description of August 2026 (POST /v1/chat/completions).
 */
/* Of the ids of answers. */
#define OPENAI_CHAT_PREFIX "chatcmpl-"

extern const struct field openai_chat_fields[];

bool openai_chat_decode(struct arena *a, const cJSON *body,
			struct chat_request *request, struct error *e);

/* Reads the array `messages`; field paths in errors begin with that name. */
bool openai_chat_decode_messages(struct arena *a, const cJSON *messages,
				 struct chat_request *request, struct error *e);

/* Reads the array `tools`, Kimi's own and OpenAI's search among them. */
bool openai_chat_decode_tools(struct arena *a, const cJSON *tools,
			      struct chat_request *request, struct error *e);

struct encoder *openai_chat_encoder(struct arena *a,
				    const struct dialect_answer *answer,
				    struct response *response);
bool openai_chat_event(struct encoder *encoder, const struct chat_event *event);
bool openai_chat_reply(struct arena *a, const struct dialect_answer *answer,
		       struct response *response,
		       const struct chat_reply *reply);

/* Shared by both forms of an answer. */
void openai_chat_put_usage(struct json_writer *w,
			   const struct chat_usage *usage);
void openai_chat_put_citation(struct json_writer *w,
			      const struct chat_citation *citation,
			      size_t offset);

/* OpenAI's error object, alike in all of its APIs. */
bool openai_error(struct arena *a, struct response *response,
		  const struct error *e);

/* OpenAI's names for a kind; the code is NULL where there is none. */
const char *openai_error_type(enum error_kind kind);
const char *openai_error_code(enum error_kind kind);

#endif
