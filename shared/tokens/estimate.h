/* SPDX-License-Identifier: MIT */
#ifndef TOKENS_ESTIMATE_H
#define TOKENS_ESTIMATE_H

#include <stddef.h>
#include <stdint.h>

#include "chat/chat.h"
#include "chat/reply.h"

/* What an image or a video is taken for: only Kimi can tell. */
#define TOKENS_PER_IMAGE 1024

/*
 * Tokens of a text without the vocabulary: 0.65 a Han character, a quarter
 * for every other byte, rounded up; -14 % to +3 % on sample texts
 * (kimi-upstreams, E5).
 */
int64_t tokens_estimate_text(const char *p, size_t n);

/* The same for the prompt of a request, and for a whole exchange; never 0. */
int64_t tokens_estimate_prompt(const struct chat_request *request);
struct chat_usage tokens_estimate(const struct chat_request *request,
				  const struct chat_reply *reply);

#endif
