/* SPDX-License-Identifier: MIT */
#ifndef APP_SERVE_PROMPT_COUNT_H
#define APP_SERVE_PROMPT_COUNT_H

#include "app/auth.h"
#include "app/exchange.h"
#include "upstream/model.h"

/*
 * Counts the tokens of the prompt that the request would send to Kimi. The
 * instructions and the conversation that it continues become part of its
 * messages; `*model` is the one it resolves to.
 */
bool prompt_count(struct exchange *x, const struct caller *caller,
		  struct chat_request *request, struct model *model,
		  struct tokens_sum *sum, struct error *e);

#endif
