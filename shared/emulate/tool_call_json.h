/* SPDX-License-Identifier: MIT */
#ifndef EMULATE_TOOL_CALL_JSON_H
#define EMULATE_TOOL_CALL_JSON_H

#include "chat/chat.h"
#include "emulate/raw_json.h"

/*
 * Reads a tool call that a model wrote as text. Where `name` is given, it is
 * the tool and `json` its arguments; else `json` is {"name", "arguments"},
 * with the spellings that models drift into: "parameters", "input", "args", an
 * object "function" around both, arguments as a string of JSON. The tool may
 * be written "functions.NAME:0". `arguments` are as the model wrote them, "{}"
 * if it wrote none; `id` is not set. False if it is not a JSON object, calls a
 * tool that is not in the list, or has arguments that are not an object.
 */
bool tool_call_json_read(struct chat_call *call, struct raw_slice name,
			 struct raw_slice json, const struct chat_tool *tools,
			 size_t n_tools, struct arena *a);

#endif
