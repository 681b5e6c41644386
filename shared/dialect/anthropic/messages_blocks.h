/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_ANTHROPIC_MESSAGES_BLOCKS_H
#define DIALECT_ANTHROPIC_MESSAGES_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "chat/chat.h"

/* What the content of one message holds, in its order. */
struct anthropic_blocks {
	struct chat_part *parts; /* including images from results */
	size_t n_parts;
	const char *reasoning, *details;
	struct chat_call *calls;
	size_t n_calls;
	struct chat_message *results; /* one of CHAT_TOOL for each */
	size_t n_results;
};

/* A string or an array of blocks at `path`; NULL is empty. */
bool anthropic_messages_blocks_read(struct arena *a, const cJSON *content,
				    enum chat_role role, const char *path,
				    struct anthropic_blocks *out,
				    struct error *e);

/* Two thoughts, either of which may be NULL, as lines. All of a reply's are
 * collected in `*all`, which is NULL before the first. */
const char *anthropic_messages_blocks_think(struct arena *a, struct buf **all,
					    const char *before,
					    const char *more);

#endif
