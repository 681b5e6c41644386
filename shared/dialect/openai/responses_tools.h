/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_OPENAI_RESPONSES_TOOLS_H
#define DIALECT_OPENAI_RESPONSES_TOOLS_H

#include "dialect/field_table.h"

/* Readers of the fields `tools` and `tool_choice` of the Responses API. */
read_field openai_responses_tools_read, openai_responses_tools_read_choice;

/* Whether the tools include what tool_choice demands, once both are read. */
bool openai_responses_tools_check_choice(struct chat_request *request,
					 struct error *e);

#endif
