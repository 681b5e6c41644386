/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_OPENAI_CHAT_REQUEST_H
#define DIALECT_OPENAI_CHAT_REQUEST_H

#include "dialect/field_table.h"

/* The request of chat completions, as OpenAI's API description of August 2026
 * has it (POST /v1/chat/completions), with Kimi's additions. */
extern const struct field openai_chat_fields[];

bool openai_chat_request_decode(struct arena *a, const cJSON *body,
				struct chat_request *request, struct error *e);

#endif
