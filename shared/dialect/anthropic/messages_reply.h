/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_ANTHROPIC_MESSAGES_REPLY_H
#define DIALECT_ANTHROPIC_MESSAGES_REPLY_H

#include "dialect/dialect.h"

/* The reply of the Messages API as a whole. */
bool anthropic_messages_reply(struct arena *a,
			      const struct dialect_envelope *envelope,
			      struct response *response,
			      const struct chat_reply *reply);

#endif
