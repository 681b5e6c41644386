/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_OPENAI_CHAT_OBJECT_H
#define DIALECT_OPENAI_CHAT_OBJECT_H

#include <stdint.h>

#include "base/arena.h"
#include "base/json.h"
#include "chat/chat.h"

#define OPENAI_CHAT_PREFIX "chatcmpl-" /* of the ids */

struct openai_chat_choice {
	const struct chat_message *message;
	enum chat_finish finish;
};

/* A chat completion as an object (OpenAI's chat.completion): one that was
 * made just now, or is stored. */
struct openai_chat_object {
	const char *id;	 /* "chatcmpl-…" */
	int64_t created; /* Unix seconds */
	const char *model;
	const struct openai_chat_choice *choices;
	size_t n_choices;
	const struct chat_usage *usage; /* of all choices */
	const char *metadata;		/* JSON; NULL: it is not stored */
};

/* As the outermost value or an array element. */
void openai_chat_object_put(struct json_writer *w,
			    const struct openai_chat_object *c,
			    struct arena *a);

/* A message that a stored completion was made from, as an array element. */
void openai_chat_object_put_input(struct json_writer *w, const char *id,
				  const struct chat_message *m,
				  struct arena *a);

/* Members that chunks of a stream have, too. */
void openai_chat_object_put_usage(struct json_writer *w,
				  const struct chat_usage *usage);
void openai_chat_object_put_citation(struct json_writer *w,
				     const struct chat_citation *citation,
				     size_t offset);

#endif
