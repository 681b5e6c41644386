/* SPDX-License-Identifier: MIT */
#ifndef CHAT_ESTIMATE_H
#define CHAT_ESTIMATE_H

#include "chat/chat.h"
#include "chat/reply.h"

/*
 * Tokens of a text without the vocabulary: 0.65 a Han character, a quarter
 * for every other byte, rounded up; -14 % to +3 % on sample texts
 * (kimi-upstreams, E5).
 */
int64_t chat_estimate_text(const char *p, size_t n);

/* Usage of a whole exchange where Kimi reports none; never 0. */
struct chat_usage chat_estimate(const struct chat_request *request,
				const struct chat_reply *reply);

#endif
