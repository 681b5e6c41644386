/* SPDX-License-Identifier: MIT */
#ifndef APP_SERVE_RESPONSE_OBJECT_H
#define APP_SERVE_RESPONSE_OBJECT_H

#include "dialect/openai/response.h"
#include "store/stored_responses.h"

/* Fills the Responses dialect's object from a stored response, which it
 * borrows. If that failed, `*failure` is filled and the object points to it. */
void response_object_fill(struct openai_response *object,
			  const struct stored_response *stored, struct arena *a,
			  struct error *failure);

/* Why it failed or was cancelled. */
void response_object_failure(const struct stored_response *stored,
			     struct error *failure);

#endif
