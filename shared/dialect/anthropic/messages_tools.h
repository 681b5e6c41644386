/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_ANTHROPIC_MESSAGES_TOOLS_H
#define DIALECT_ANTHROPIC_MESSAGES_TOOLS_H

#include "dialect/field_table.h"

/* Readers of the fields `tools` and `tool_choice`. A web search of Anthropic's
 * becomes Kimi's; its other server tools are ignored. */
read_field anthropic_messages_tools_read, anthropic_messages_tools_read_choice;

#endif
