/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_REPORTED_USAGE_H
#define UPSTREAM_API_REPORTED_USAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "chat/stream.h"

/* The tokens of one reply as its service reports them, collected before it is
 * decided whether they can be true. Starts as { 0 }. */
struct reported_usage {
	struct chat_usage tokens;
	bool impossible; /* one of the numbers read cannot be */
};

/*
 * Replaces `*n`, one of u->tokens or a sum of them, by the number at `path` of
 * `usage`, if it has one. What is not a whole number of tokens that some model
 * could read or write is impossible.
 */
void reported_usage_read(struct reported_usage *u, int64_t *n,
			 const cJSON *usage, const char *path);

/*
 * Gives the stream the tokens if they can be true: by themselves, and beside
 * what it has said so far. Else the stream has no usage from now on, so that
 * the tokens are counted here. `total` is the reported sum; 0: none was.
 * Returns whether they can be true.
 */
bool reported_usage_pass_on(const struct reported_usage *u, int64_t total,
			    struct chat_stream *stream);

#endif
