/* SPDX-License-Identifier: MIT */
#ifndef APP_RESPONSE_OBJECT_H
#define APP_RESPONSE_OBJECT_H

#include "dialect/openai_responses.h"
#include "store/answers.h"

/* A kept answer as the dialect's object; `failure` is what it may point to. */
void response_object(struct openai_response *object,
		     const struct store_answer *answer, struct arena *a,
		     struct error *failure);

/* Why it failed or was cancelled. */
void response_failure(const struct store_answer *answer, struct error *failure);

#endif
