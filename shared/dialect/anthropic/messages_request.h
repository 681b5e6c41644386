/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_ANTHROPIC_MESSAGES_REQUEST_H
#define DIALECT_ANTHROPIC_MESSAGES_REQUEST_H

#include "dialect/field_table.h"

/*
 * The request of Anthropic's Messages API in its versions 2023-06-01 and
 * 2026-10-21 (POST /v1/messages and /v1/messages/count_tokens). Paths in errors
 * are Anthropic's: "messages.0.content.1.text".
 */
extern const struct field anthropic_messages_fields[];

bool anthropic_messages_request_decode(struct arena *a, const cJSON *body,
				       struct chat_request *request,
				       struct error *e);

/* The same without max_tokens: only the prompt is asked about. */
bool anthropic_messages_request_decode_count(struct arena *a, const cJSON *body,
					     struct chat_request *request,
					     struct error *e);

/* Whether that body asks only to have the prompt read: max_tokens is 0. */
bool anthropic_messages_request_is_warm_up(const cJSON *body);

#endif
