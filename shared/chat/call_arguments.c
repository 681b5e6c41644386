/* SPDX-License-Identifier: MIT */
/* Arguments of calls where a JSON object must stand. */
#include "chat/call_arguments.h"

#include <string.h>

#include "base/json.h"

#define LIMIT (256 * 1024 * 1024)

bool call_arguments_are_object(const char *text)
{
	return *text != '\0' && json_is_object(text, strlen(text));
}

static const char *wrapped(struct arena *a, const char *text)
{
	struct buf *out = arena_buf(a, LIMIT);
	struct json_writer w;

	json_writer_init(&w, out);
	json_object(&w, NULL);
	json_put_text(&w, "INVALID_JSON", text);
	json_close_object(&w);
	return buf_text(out);
}

const char *call_arguments_object(struct arena *a, const char *text)
{
	struct error ignored;
	const cJSON *tree;

	if (call_arguments_are_object(text))
		return json_whole_pairs(a, text);
	if (text[strspn(text, " \t\r\n")] == '\0')
		return "{}";
	tree = json_parse(a, text, strlen(text), &ignored);
	if (cJSON_IsNull(tree))
		return "{}";
	if (cJSON_IsString(tree) &&
	    call_arguments_are_object(tree->valuestring))
		return json_whole_pairs(a, tree->valuestring);
	return cJSON_IsObject(tree) ? json_print(a, tree) : wrapped(a, text);
}
