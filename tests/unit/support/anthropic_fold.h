/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_ANTHROPIC_FOLD_H
#define SUPPORT_ANTHROPIC_FOLD_H

#include "base/arena.h"

/*
 * What an answer of Anthropic Messages says, as one line, from its stream or
 * from its whole form: both must give the same. "thinking:hm/hm text:Hi
 * tool:f{"a":1} end_turn 5+0 2" is what was thought and what its signature
 * holds, a text, a call, the reason, input + cached tokens, and output. Sources
 * follow their text as "[url]".
 *
 * A stream is held to its rules on the way: names of events as in their data,
 * message_start first and with nothing in it, blocks numbered from 0, one at a
 * time, none of them an empty text, deltas of the block's kind, a signature at
 * the end of all thinking, message_delta and message_stop last. One that ends
 * with an error does so with that event: "… error:api_error".
 */
const char *anthropic_fold_stream(struct arena *a, const char *body);
const char *anthropic_fold_whole(struct arena *a, const char *body);

#endif
