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

/* What an answer is called, whole or in pieces. It lives as long as the
 * encoder that it is given to. */
struct dialect_envelope {
	const char *id;	   /* 24 characters, no prefix */
	int64_t created;   /* Unix seconds */
	int64_t completed; /* the same, looked at with FINISH; 0: now */
	const char *model;
	bool include_usage;
	const struct chat_request *request;
	const cJSON *body; /* as the client sent it, for what is echoed */

	/* What the prompt comes to, for those who tell it first. 0: not known,
	 * then the request is estimated. */
	int64_t prompt_tokens;

	/* Of a stream that is taken up again: events that have numbers are
	 * left out up to this one. -1: none. */
	int64_t after;
};

/* One API that clients speak. Nothing here knows a Kimi service. */
struct dialect {
	const char *name;
	const char *input;     /* member of a request with what is said */
	bool adjacent_results; /* results of tools follow their calls at once */
	const char
		*stored_prefix;	 /* prefix of the ids of answers that are kept;
			      * NULL: none are */
	const char *stored_kind; /* what lists of them tell apart */
	bool tells_prompt;	 /* a stream begins with the prompt's tokens */

	/* The neutral request; texts live as long as the body and arena. */
	bool (*decode)(struct arena *a, const cJSON *body,
		       struct chat_request *request, struct error *e);

	/* A streamed answer: the first event begins the response, unless it
	 * is an error, which is answered whole. */
	struct encoder *(*encoder)(struct arena *a,
				   const struct dialect_envelope *answer,
				   struct response *response);
	bool (*event)(struct encoder *encoder, const struct chat_event *event);

	/* A whole answer. */
	bool (*reply)(struct arena *a, const struct dialect_envelope *answer,
		      struct response *response,
		      const struct chat_reply *reply);

	/* Instead of an answer: that there will be one, which can be asked
	 * for. NULL where that does not exist. */
	bool (*accepted)(struct arena *a, const struct dialect_envelope *answer,
			 struct response *response);

	/* The status of an error that comes before anything else did. NULL:
	 * that of its kind. */
	int (*status)(enum error_kind kind, bool stream);

	/* An error with its status, or an event once the stream has begun. */
	bool (*error)(struct arena *a, struct response *response,
		      const struct error *e);
};

/* Kimi says only that the input is too long: then the field is the dialect's
 * `input`. Every other error knows its field (chat.h, `param`). */
void dialect_name_input(const struct dialect *d, struct error *e);

extern const struct dialect dialect_openai_chat;
extern const struct dialect dialect_openai_responses;
extern const struct dialect dialect_openai_completions;
extern const struct dialect dialect_anthropic_messages;
extern const struct dialect dialect_anthropic_count; /* needs no max_tokens */

#endif
