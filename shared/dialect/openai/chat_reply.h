/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_OPENAI_CHAT_REPLY_H
#define DIALECT_OPENAI_CHAT_REPLY_H

#include "dialect/dialect.h"

/* The reply of chat completions: its stream, and as a whole. */
struct encoder *
openai_chat_reply_encoder(struct arena *a,
			  const struct dialect_envelope *envelope,
			  struct response *response);
bool openai_chat_reply_event(struct encoder *encoder,
			     const struct chat_event *event);
bool openai_chat_reply_whole(struct arena *a,
			     const struct dialect_envelope *envelope,
			     struct response *response,
			     const struct chat_reply *reply);

#endif
