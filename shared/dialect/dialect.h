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
#include "http/rate_limit.h"
#include "http/response.h"

struct encoder;

/* What a reply is wrapped in, whole or streamed. It must outlive the encoder
 * that gets it. */
struct dialect_envelope {
	const char *id;	   /* 24 characters, no prefix */
	int64_t created;   /* Unix seconds */
	int64_t completed; /* the same, read at FINISH; 0: now */
	const char *model;
	bool include_usage;
	const struct chat_request *request;
	const cJSON *body; /* as the client sent it, for what is echoed */

	/* Size of the prompt, for streams that begin with it. 0: not known, it
	 * is estimated from the request. */
	int64_t prompt_tokens;

	/* Of a resumed stream: numbered events up to this one are skipped.
	 * -1: none. */
	int64_t after;
};

/* One API that clients speak. Nothing here knows a Kimi service. */
struct dialect {
	const char *name;
	const char *input;     /* member of a request with the messages */
	bool adjacent_results; /* results of tools follow their calls at once */
	/* Prefix of the ids of stored responses; NULL: none are stored. */
	const char *stored_prefix;
	const char *stored_kind; /* of stored responses: what lists select by */
	bool tells_prompt;	 /* a stream begins with the prompt's tokens */
	bool object_arguments;	 /* a call without an object fails the reply */

	/* The neutral request; texts live as long as the body and arena. */
	bool (*decode)(struct arena *a, const cJSON *body,
		       struct chat_request *request, struct error *e);

	/* A streamed reply: the first event begins the response. An error that
	 * comes first is sent as a plain response instead. */
	struct encoder *(*encoder)(struct arena *a,
				   const struct dialect_envelope *envelope,
				   struct response *response);
	bool (*event)(struct encoder *encoder, const struct chat_event *event);

	/* A whole reply. */
	bool (*reply)(struct arena *a, const struct dialect_envelope *envelope,
		      struct response *response,
		      const struct chat_reply *reply);

	/* Instead of a reply: a receipt, as the reply is still being made and
	 * can be polled for. NULL: the dialect has no such thing. */
	bool (*accepted)(struct arena *a,
			 const struct dialect_envelope *envelope,
			 struct response *response);

	/* The status of an error that comes before anything else. NULL: that
	 * of its kind. */
	int (*status)(enum error_kind kind, bool stream);

	/* Headers about the limits per minute of the API key. */
	void (*rates)(struct response *response,
		      const struct rate_limit *requests,
		      const struct rate_limit *tokens);

	/* An error with its status, or an event once the stream has begun. */
	bool (*error)(struct arena *a, struct response *response,
		      const struct error *e);
};

/* Kimi says only that the input is too long: then the field is the dialect's
 * `input`. Every other error knows its field (chat.h, `param`). */
void dialect_name_input(const struct dialect *d, struct error *e);

extern const struct dialect dialect_openai_chat;
extern const struct dialect dialect_openai_responses;
extern const struct dialect dialect_openai_compaction; /* of those */
extern const struct dialect dialect_openai_completions;
extern const struct dialect dialect_anthropic_messages;
extern const struct dialect dialect_anthropic_count; /* needs no max_tokens */

#endif
