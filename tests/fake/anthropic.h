/* SPDX-License-Identifier: MIT */
#ifndef FAKE_ANTHROPIC_H
#define FAKE_ANTHROPIC_H

#include "platform_turn.h"

/* The Anthropic flavour of Kimi Code and of the Open Platform: POST
 * …/messages, answered as events with names or as one message. */
extern const struct flavour anthropic_flavour;
extern const struct voice anthropic_voice;

bool anthropic_check(const struct ask *ask, struct refusal *no);
/* Why it ends: a finish_reason, or one of its own; a stop sequence is named by
 * Kimi Code only. */
void anthropic_end(struct text *json, const struct turn *turn);
void anthropic_signature(struct text *json, const struct turn *turn);
void anthropic_whole(const struct turn *turn, struct text *json);
void anthropic_usage(const struct turn *turn, struct text *json);

#endif
