/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_OPENAI_RESPONSES_REQUEST_H
#define DIALECT_OPENAI_RESPONSES_REQUEST_H

#include "dialect/field_table.h"

/* The request of the Responses API, as OpenAI's API description of August 2026
 * and Open Responses of April 2026 have it (POST /v1/responses). */
extern const struct field openai_responses_fields[];

bool openai_responses_request_decode(struct arena *a, const cJSON *body,
				     struct chat_request *request,
				     struct error *e);

#endif
