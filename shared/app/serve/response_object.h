/* SPDX-License-Identifier: MIT */
#ifndef APP_SERVE_RESPONSE_OBJECT_H
#define APP_SERVE_RESPONSE_OBJECT_H

#include "dialect/openai/responses.h"
#include "store/stored_responses.h"

/* A kept answer as the dialect's object; `failure` is what it may point to. */
void response_object(struct openai_response *object,
		     const struct stored_response *answer, struct arena *a,
		     struct error *failure);

/* Why it failed or was cancelled. */
void response_failure(const struct stored_response *answer,
		      struct error *failure);

#endif
