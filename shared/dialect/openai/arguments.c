/* SPDX-License-Identifier: MIT */
/* The arguments of a call in a client's history. */
#include "dialect/openai/arguments.h"

#define LIMIT (256 * 1024 * 1024)

const char *openai_arguments_text(struct arena *a, const cJSON *arguments)
{
	const char *text = cJSON_GetStringValue(arguments);

	if (arguments == NULL || (text != NULL && *text == '\0'))
		return "{}";
	if (cJSON_IsObject(arguments))
		return json_print(a, arguments);
	return text;
}

const char *openai_arguments_of_input(struct arena *a, const char *input)
{
	struct buf *out = arena_buf(a, LIMIT);
	struct json_writer w;

	json_writer_init(&w, out);
	json_object(&w, NULL);
	json_put_text(&w, "input", input == NULL ? "" : input);
	json_close_object(&w);
	return buf_text(out);
}
