/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_DIALECT_H
#define DIALECT_DIALECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "chat/chat.h"
#include "chat/reply.h"
#include "http/response.h"

struct encoder;

/* What an answer is called, whole or in pieces. */
struct dialect_answer {
	const char *id;	 /* 24 characters, no prefix */
	int64_t created; /* Unix seconds */
	const char *model;
	bool include_usage;
	const struct chat_request *request;
	const cJSON *body; /* as the client sent it, for what is echoed */

	/* Of a stream that is taken up again: events that have numbers are
	 * left out up to this one. -1: none. */
	int64_t after;
};

/* One API that clients speak. Nothing here knows a Kimi service. */
struct dialect {
	const char *name;

	/* The neutral request; texts live as long as the body and arena. */
	bool (*decode)(struct arena *a, const cJSON *body,
		       struct chat_request *request, struct error *e);

	/* A streamed answer: the first event begins the response, unless it
	 * is an error, which is answered whole. */
	struct encoder *(*encoder)(struct arena *a,
				   const struct dialect_answer *answer,
				   struct response *response);
	bool (*event)(struct encoder *encoder, const struct chat_event *event);

	/* A whole answer. */
	bool (*reply)(struct arena *a, const struct dialect_answer *answer,
		      struct response *response,
		      const struct chat_reply *reply);

	/* An error with its status, or an event once the stream has begun. */
	bool (*error)(struct arena *a, struct response *response,
		      const struct error *e);
};

extern const struct dialect dialect_openai_chat;
extern const struct dialect dialect_openai_responses;
extern const struct dialect dialect_openai_completions;
extern const struct dialect dialect_anthropic_messages;
extern const struct dialect dialect_anthropic_count; /* needs no max_tokens */

#endif
