/* SPDX-License-Identifier: MIT */
#ifndef APP_SERVE_PROMPT_COUNT_H
#define APP_SERVE_PROMPT_COUNT_H

#include "app/auth.h"
#include "app/exchange.h"
#include "upstream/model.h"

/*
 * The tokens that the prompt of a request would come to, with its instructions
 * and all that it goes on from, which become part of its messages.
 */
bool prompt_count(struct exchange *x, const struct caller *caller,
		  struct chat_request *request, struct model *model,
		  struct tokens_sum *sum, struct error *e);

#endif
