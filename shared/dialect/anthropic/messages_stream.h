/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_ANTHROPIC_MESSAGES_STREAM_H
#define DIALECT_ANTHROPIC_MESSAGES_STREAM_H

#include "dialect/dialect.h"

/* The reply of the Messages API as a stream of events. */
struct encoder *
anthropic_messages_stream_encoder(struct arena *a,
				  const struct dialect_envelope *envelope,
				  struct response *response);
bool anthropic_messages_stream_event(struct encoder *encoder,
				     const struct chat_event *event);

#endif
