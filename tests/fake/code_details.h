/* SPDX-License-Identifier: MIT */
#ifndef FAKE_CODE_DETAILS_H
#define FAKE_CODE_DETAILS_H

#include "platform_turn.h"

/* Kimi Code's `reasoning_details`: a summary that can be read, and the same
 * encrypted. */

/* Adds the members of the reasoning's next piece to a delta, as the scene's
 * `details` says. */
void details_piece(struct text *json, const struct turn *turn, const char *text,
		   size_t n);
/* Adds both halves of the encrypted entry, a delta each. */
void details_half(struct text *json, const struct turn *turn, int half);
/* What of it comes back must be as it was sent, without indices. */
bool details_check(const struct platform_model *model, const cJSON *message,
		   int index, struct refusal *no);

#endif
