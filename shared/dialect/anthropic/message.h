/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_ANTHROPIC_MESSAGE_H
#define DIALECT_ANTHROPIC_MESSAGE_H

#include "dialect/dialect.h"

/* What a message of the Messages API has in both forms, streamed and whole. */
void anthropic_message_put_head(struct json_writer *w, const char *key,
				const struct dialect_envelope *envelope,
				struct arena *a);
void anthropic_message_put_usage(struct json_writer *w,
				 const struct chat_usage *u);
void anthropic_message_put_citation(struct json_writer *w, const char *key,
				    const struct chat_citation *citation);

/* Why the message ended; `stop` as in the event FINISH (chat.h). */
void anthropic_message_put_stop(struct json_writer *w, enum chat_finish finish,
				const char *stop);

/* A call's id: our "call_…" is Anthropic's "toolu_…". */
const char *anthropic_message_tool_id(struct arena *a, const char *id);

/* Whether thinking is left out, or shown by its signature only. */
bool anthropic_message_hides_thinking(const struct dialect_envelope *envelope);
bool anthropic_message_omits_thinking(const struct dialect_envelope *envelope);

#endif
