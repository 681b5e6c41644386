/* SPDX-License-Identifier: MIT */
/* The arguments of a call in a client's history. */
#include "dialect/openai/arguments.h"

const char *openai_arguments_text(struct arena *a, const cJSON *arguments)
{
	const char *text = cJSON_GetStringValue(arguments);

	if (arguments == NULL || (text != NULL && *text == '\0'))
		return "{}";
	if (cJSON_IsObject(arguments))
		return json_print(a, arguments);
	return text;
}
