/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_OPENAI_RESPONSES_STREAM_H
#define DIALECT_OPENAI_RESPONSES_STREAM_H

#include "dialect/dialect.h"

/* The reply of the Responses API as a stream of events. */
struct encoder *
openai_responses_stream_encoder(struct arena *a,
				const struct dialect_envelope *envelope,
				struct response *response);
bool openai_responses_stream_event(struct encoder *encoder,
				   const struct chat_event *event);

#endif
