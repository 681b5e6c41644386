/* SPDX-License-Identifier: MIT */
/* How strict the Open Platform is with a chat request's messages: roles,
 * empty contents, images, and calls that match their results. */
#include <string.h>

#include "code_details.h"
#include "platform_check.h"
#include "platform_media.h"

struct walk {
	const struct ask *ask;
	const cJSON *messages;
	bool thinks;
	struct refusal *no;
};

static bool part_check(const struct ask *ask, const cJSON *part,
		       struct refusal *no)
{
	const char *type = platform_word(part, "type");
	struct media media;

	if (strcmp(type, "text") == 0)
		return *platform_word(part, "text") ||
		       refuse(no, "Invalid request: text content is empty");
	if (strcmp(type, "image_url") == 0 || strcmp(type, "video_url") == 0)
		return media_read(ask, part, &media, no);
	return refuse(no, "Invalid request: unsupported content type: %.50s",
		      type);
}

bool platform_partial(const cJSON *request)
{
	const cJSON *messages = platform_member(request, "messages");
	const cJSON *last =
		cJSON_GetArrayItem(messages, cJSON_GetArraySize(messages) - 1);

	return strcmp(platform_word(last, "role"), "assistant") == 0 &&
	       cJSON_IsTrue(platform_member(last, "partial"));
}

/* Whether the content may be missing or empty: a partial reply, which is the
 * last message, may have only thoughts, or only a name. */
static bool may_be_empty(const cJSON *message, const char *role)
{
	if (!message->next &&
	    cJSON_IsTrue(platform_member(message, "partial")) &&
	    (*platform_word(message, "reasoning_content") ||
	     *platform_word(message, "name")))
		return true;
	return platform_member(message, "tool_calls") ||
	       (strcmp(role, "tool") == 0 &&
		platform_member(message, "content"));
}

static bool content_check(const struct walk *walk, const cJSON *message,
			  const char *role, int index)
{
	struct refusal *no = walk->no;
	const cJSON *content = platform_member(message, "content"), *part;
	const char *text = platform_word(message, "content");

	if (content && !cJSON_IsString(content) && !cJSON_IsArray(content))
		return refuse(no,
			      "Invalid request: content of message at "
			      "position %d must be a string or an array",
			      index);
	if (*text || (!cJSON_IsArray(content) && may_be_empty(message, role)))
		return true;
	if (!content || !cJSON_IsArray(content) || !content->child)
		return refuse(no,
			      "Invalid request: message at position %d "
			      "with role '%s' must not be empty",
			      index, role);
	cJSON_ArrayForEach(part, content)
		if (!part_check(walk->ask, part, no))
			return false;
	return true;
}

static bool name_check(const struct walk *walk, const cJSON *call)
{
	const char *name =
		platform_word(platform_member(call, "function"), "name");

	if (strcmp(platform_word(call, "type"), "builtin_function") == 0)
		return *name == '$' ||
		       refuse(walk->no, "Invalid request: builtin function "
					"name must start with $");
	return platform_check_name(name, walk->no);
}

/* Whether a string in the text has a control character: no JSON has. */
static bool has_control(const char *text)
{
	bool in_string = false;

	for (; *text; text++) {
		if (in_string && (unsigned char)*text < ' ')
			return true;
		if (in_string && *text == '\\' && text[1])
			text++;
		else if (*text == '"')
			in_string = !in_string;
	}
	return false;
}

/* The template that the model reads goes through the members of each. */
static bool arguments_check(const struct walk *walk, const cJSON *call,
			    int index, int position)
{
	const char *text =
		platform_word(platform_member(call, "function"), "arguments");
	cJSON *tree = cJSON_ParseWithOpts(text, NULL, true);
	bool ok = !platform_member(platform_member(call, "function"),
				   "arguments") ||
		  (cJSON_IsObject(tree) && !has_control(text));

	cJSON_Delete(tree);
	return ok ||
	       refuse(walk->no,
		      "Invalid request: messages.%d.tool_calls.%d.function."
		      "arguments: arguments must be a valid JSON object string",
		      index, position);
}

/* The results that follow must answer each call, once. */
static bool calls_check(const struct walk *walk, const cJSON *message,
			int index)
{
	int position = 0;
	const cJSON *calls = platform_member(message, "tool_calls"), *call,
		    *result;

	cJSON_ArrayForEach(call, calls) {
		const char *id = platform_word(call, "id");
		int answers = 0;

		if (!name_check(walk, call) ||
		    !arguments_check(walk, call, index, position++))
			return false;
		for (result = message->next;
		     result && !strcmp(platform_word(result, "role"), "tool");
		     result = result->next)
			answers += !strcmp(
				platform_word(result, "tool_call_id"), id);
		if (answers != 1)
			return refuse(walk->no,
				      "Invalid request: an assistant "
				      "message with 'tool_calls' must be "
				      "followed by tool messages responding to "
				      "each 'tool_call_id'. The following "
				      "tool_call_ids did not have response "
				      "messages: %s",
				      id);
	}
	return true;
}

static bool assistant_check(const struct walk *walk, const cJSON *message,
			    int index)
{
	const cJSON *calls = platform_member(message, "tool_calls");
	const cJSON *format =
		platform_member(walk->ask->request, "response_format");

	if (cJSON_IsTrue(platform_member(message, "partial")) &&
	    !strcmp(platform_word(format, "type"), "json_object"))
		return refuse(walk->no, "Invalid request: partial mode cannot "
					"be used with json_object");
	if (!details_check(walk->ask->model, message, index, walk->no))
		return false;
	if (!calls)
		return true;
	if (walk->thinks && !*platform_word(message, "reasoning_content"))
		return refuse(walk->no,
			      "thinking is enabled but "
			      "reasoning_content is missing in assistant tool "
			      "call message at index %d",
			      index);
	return calls_check(walk, message, index);
}

/* The call a result belongs to: in the nearest assistant message before. */
static const cJSON *call_find(const struct walk *walk, int index,
			      const char *id)
{
	const cJSON *message, *calls, *call;

	do {
		message = cJSON_GetArrayItem(walk->messages, --index);
	} while (message && !strcmp(platform_word(message, "role"), "tool"));
	calls = platform_member(message, "tool_calls");
	cJSON_ArrayForEach(call, calls)
		if (strcmp(platform_word(call, "id"), id) == 0)
			return call;
	return NULL;
}

static bool tool_check(const struct walk *walk, const cJSON *message, int index)
{
	const char *id = platform_word(message, "tool_call_id");
	const cJSON *call = call_find(walk, index, id);
	const cJSON *function = platform_member(call, "function");

	if (!*id || !call)
		return refuse(walk->no,
			      "Invalid request: tool_call_id %s not "
			      "found",
			      id);
	if (platform_member(message, "name") &&
	    *platform_word(message, "name") != '$' &&
	    !platform_check_name(platform_word(message, "name"), walk->no))
		return false;
	if (!strcmp(platform_word(function, "name"), "$web_search") &&
	    strcmp(platform_word(function, "arguments"),
		   platform_word(message, "content")) != 0)
		return refuse(walk->no,
			      "Invalid request: the content of a "
			      "$web_search result must be its arguments");
	return true;
}

static bool system_check(const struct walk *walk, const cJSON *message,
			 int index)
{
	if (!platform_member(message, "tools"))
		return content_check(walk, message, "system", index);
	if (walk->ask->model->family != FAMILY_K3)
		return refuse(walk->no, "Invalid request: tokenization failed");
	if (platform_member(message, "content"))
		return refuse(walk->no, "Invalid request: tools cannot be used "
					"with content");
	return platform_check_tools(platform_member(message, "tools"),
				    walk->no);
}

static bool message_check(const struct walk *walk, const cJSON *message,
			  int index)
{
	const char *role = platform_word(message, "role");

	if (strcmp(role, "system") == 0)
		return system_check(walk, message, index);
	if (strcmp(role, "user") != 0 && strcmp(role, "assistant") != 0 &&
	    strcmp(role, "tool") != 0)
		return refuse(walk->no,
			      "Invalid request: invalid role '%s' of "
			      "message at position %d",
			      role, index);
	if (!content_check(walk, message, role, index))
		return false;
	if (strcmp(role, "assistant") == 0)
		return assistant_check(walk, message, index);
	return strcmp(role, "user") == 0 || tool_check(walk, message, index);
}

bool platform_check_messages(const struct ask *ask, struct refusal *no)
{
	struct walk walk = {
		.ask = ask,
		.messages = platform_member(ask->request, "messages"),
		.thinks = platform_thinks(ask->model, ask->request),
		.no = no,
	};
	const cJSON *message;
	int index = 0;

	if (cJSON_GetArraySize(walk.messages) == 0)
		return refuse(no, "Invalid request: messages must not be "
				  "empty");
	cJSON_ArrayForEach(message, walk.messages)
		if (!message_check(&walk, message, index++))
			return false;
	return true;
}
