/* SPDX-License-Identifier: MIT */
/* How strict the Open Platform is with a chat request's parameters: what it
 * refuses, and in which words. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "platform_check.h"
#include "platform_media.h"
#include "platform_schema.h"

#define TOOLS_MAX 128
#define TOOL_NAME_MAX 64
#define STOPS_MAX 5
#define STOP_BYTES 32
#define MEDIA_TOKENS 1024

const struct platform_model platform_models[] = {
	{ "kimi-k3.1-pro", FAMILY_K3, 1048576 },
	{ "kimi-k3.1-pro-highspeed", FAMILY_K3, 1048576 },
	{ "kimi-k3", FAMILY_K3, 1048576 },
	{ "kimi-k2.7-code", FAMILY_K27, 262144 },
	{ "kimi-k2.7-code-highspeed", FAMILY_K27, 262144 },
	{ "kimi-k2.6", FAMILY_K26, 262144 },
	{ NULL, FAMILY_K3, 0 },
};

bool refuse(struct refusal *no, const char *format, ...)
{
	char message[1024];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	text_put(&no->message, message);
	if (!no->status)
		no->status = 400;
	if (!no->type)
		no->type = "invalid_request_error";
	return false;
}

const cJSON *platform_member(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsNull(item) ? NULL : item;
}

const char *platform_word(const cJSON *object, const char *name)
{
	const char *word = cJSON_GetStringValue(platform_member(object, name));

	return word ? word : "";
}

bool platform_has_switch(const struct platform_model *model)
{
	return model->family == FAMILY_K28 || model->family == FAMILY_K26;
}

bool platform_has_effort(const struct platform_model *model)
{
	return model->family == FAMILY_K3 || model->family == FAMILY_K28;
}

bool platform_thinks(const struct platform_model *model, const cJSON *request)
{
	const cJSON *thinking = platform_member(request, "thinking");

	return !platform_has_switch(model) ||
	       strcmp(platform_word(thinking, "type"), "disabled") != 0;
}

static bool number_check(const cJSON *request, const char *name, double only,
			 struct refusal *no)
{
	const cJSON *item = platform_member(request, name);

	if (!item)
		return true;
	if (!cJSON_IsNumber(item))
		return refuse(no, "Invalid request: %s must be a number", name);
	if (fabs(item->valuedouble - only) > 1e-9)
		return refuse(no,
			      "invalid %s: only %g is allowed for this model",
			      name, only);
	return true;
}

bool platform_check_numbers(const struct ask *ask, struct refusal *no)
{
	const cJSON *request = ask->request;
	double temperature = platform_thinks(ask->model, request) ? 1 : 0.6;

	return number_check(request, "temperature", temperature, no) &&
	       number_check(request, "top_p", 0.95, no) &&
	       number_check(request, "n", 1, no) &&
	       number_check(request, "presence_penalty", 0, no) &&
	       number_check(request, "frequency_penalty", 0, no);
}

static bool stop_check(const cJSON *request, struct refusal *no)
{
	const cJSON *stop = platform_member(request, "stop"), *one;

	if (cJSON_GetArraySize(stop) > STOPS_MAX)
		return refuse(no,
			      "Invalid request: at most %d stop sequences "
			      "are allowed",
			      STOPS_MAX);
	if (cJSON_IsString(stop) && strlen(stop->valuestring) > STOP_BYTES)
		return refuse(no,
			      "Invalid request: stop sequence is longer "
			      "than %d bytes",
			      STOP_BYTES);
	cJSON_ArrayForEach(one, stop)
		if (!cJSON_IsString(one) ||
		    strlen(one->valuestring) > STOP_BYTES)
			return refuse(no,
				      "Invalid request: each stop "
				      "sequence "
				      "must be a string of at most "
				      "%d bytes",
				      STOP_BYTES);
	return true;
}

bool platform_effort_is_known(const char *effort)
{
	return strcmp(effort, "low") == 0 || strcmp(effort, "high") == 0 ||
	       strcmp(effort, "max") == 0;
}

static bool thinking_check(const struct platform_model *model,
			   const cJSON *request, struct refusal *no)
{
	const cJSON *thinking = platform_member(request, "thinking");
	const cJSON *effort = platform_member(request, "reasoning_effort");
	const char *type = platform_word(thinking, "type");

	if (thinking && effort)
		return refuse(no, "Invalid request: thinking and "
				  "reasoning_effort cannot be used together");
	if (thinking && strcmp(type, "enabled") != 0 &&
	    strcmp(type, "disabled") != 0)
		return refuse(no, "invalid thinking: type must be enabled or "
				  "disabled");
	if (thinking && !platform_has_switch(model) &&
	    strcmp(type, "enabled") != 0)
		return refuse(no, "invalid thinking: only type=enabled is "
				  "allowed for this model");
	if (effort && platform_has_effort(model) &&
	    !platform_effort_is_known(
		    platform_word(request, "reasoning_effort")))
		return refuse(no, "invalid reasoning_effort: only low, high, "
				  "max are allowed for this model");
	return true;
}

bool platform_check_name(const char *name, struct refusal *no)
{
	size_t n = strlen(name);

	return (n > 0 && n <= TOOL_NAME_MAX &&
		strspn(name, "abcdefghijklmnopqrstuvwxyz"
			     "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == n &&
		!strchr("0123456789_-", name[0])) ||
	       refuse(no, "Invalid request: function name is invalid, must "
			  "start with a letter and can contain letters, "
			  "numbers, underscores, and dashes");
}

static bool tool_check(const cJSON *tool, struct refusal *no)
{
	const char *type = platform_word(tool, "type");
	const cJSON *function = platform_member(tool, "function");
	const char *name = platform_word(function, "name");
	const cJSON *parameters = platform_member(function, "parameters");

	if (strcmp(type, "builtin_function") == 0)
		return *name == '$' ||
		       refuse(no, "Invalid request: builtin function name "
				  "must start with $");
	if (strcmp(type, "function") != 0)
		return refuse(no, "Invalid request: unsupported tool type: %s",
			      type);
	return platform_check_name(name, no) &&
	       (!parameters ||
		platform_check_schema(parameters, "tools.function.parameters",
				      no));
}

bool platform_check_tools(const cJSON *tools, struct refusal *no)
{
	const cJSON *tool, *other;

	if (cJSON_GetArraySize(tools) > TOOLS_MAX)
		return refuse(no, "Invalid request: at most %d tools",
			      TOOLS_MAX);
	cJSON_ArrayForEach(tool, tools) {
		const char *name = platform_word(
			platform_member(tool, "function"), "name");

		if (!tool_check(tool, no))
			return false;
		for (other = tools->child; other != tool; other = other->next)
			if (!strcmp(platform_word(platform_member(other,
								  "function"),
						  "name"),
				    name))
				return refuse(no,
					      "Invalid request: function "
					      "name %s is duplicated",
					      name);
	}
	return true;
}

/* A model with optional thinking cannot search while it thinks. */
static bool search_check(const struct ask *ask, struct refusal *no)
{
	const cJSON *tools = platform_member(ask->request, "tools"), *tool;

	if (ask->model->family != FAMILY_K26 ||
	    !platform_thinks(ask->model, ask->request))
		return true;
	cJSON_ArrayForEach(tool, tools)
		if (!strcmp(platform_word(platform_member(tool, "function"),
					  "name"),
			    "$web_search"))
			return refuse(no, "Invalid request: builtin function "
					  "$web_search is incompatible with "
					  "thinking enabled");
	return true;
}

static bool choice_check(const struct platform_model *model,
			 const cJSON *request, struct refusal *no)
{
	const cJSON *choice = platform_member(request, "tool_choice");
	const char *word = platform_word(request, "tool_choice");

	if (cJSON_IsObject(choice) && platform_thinks(model, request))
		return refuse(no, "tool_choice 'specified' is incompatible "
				  "with thinking enabled");
	if (cJSON_IsObject(choice))
		return platform_check_name(
			platform_word(platform_member(choice, "function"),
				      "name"),
			no);
	if (!cJSON_IsString(choice) || !strcmp(word, "auto") ||
	    !strcmp(word, "none"))
		return true;
	if (strcmp(word, "required") != 0)
		return refuse(no, "Invalid request: invalid tool_choice: %s",
			      word);
	if (model->family != FAMILY_K3 && platform_thinks(model, request))
		return refuse(no, "tool_choice 'required' is incompatible "
				  "with thinking enabled");
	return true;
}

static bool format_check(const cJSON *request, struct refusal *no)
{
	const cJSON *format = platform_member(request, "response_format");
	const cJSON *wrapper = platform_member(format, "json_schema");
	const char *type = platform_word(format, "type");

	if (!format || !strcmp(type, "text") || !strcmp(type, "json_object"))
		return true;
	if (strcmp(type, "json_schema") != 0)
		return refuse(no,
			      "Invalid request: invalid response_format "
			      "type: %s",
			      type);
	if (!*platform_word(wrapper, "name") ||
	    !platform_member(wrapper, "schema"))
		return refuse(no, "Invalid request: response_format."
				  "json_schema needs name and schema");
	return platform_check_schema(platform_member(wrapper, "schema"),
				     "response_format.json_schema", no);
}

/* An image costs the same whatever its size. */
static void media_discount(void *context, const cJSON *part)
{
	size_t *bytes = context, taken = media_bytes(part);

	if (taken)
		*bytes += MEDIA_TOKENS * 4 - taken;
}

size_t platform_tokens(const cJSON *request)
{
	const cJSON *messages = platform_member(request, "messages");
	char *printed = cJSON_PrintUnformatted(messages);
	size_t bytes = printed ? strlen(printed) : 0;

	cJSON_free(printed);
	media_each(messages, media_discount, &bytes);
	return (bytes + 3) / 4;
}

bool platform_check_size(const struct ask *ask, struct refusal *no)
{
	const struct platform_model *model = ask->model;
	const cJSON *request = ask->request;
	const cJSON *limit = platform_member(request, "max_completion_tokens");
	double asked = (double)platform_tokens(request);

	if (!limit)
		limit = platform_member(request, "max_tokens");
	if (limit && (!cJSON_IsNumber(limit) || limit->valuedouble < 1))
		return refuse(no, "Invalid request: max_tokens must be a "
				  "positive integer");
	if (limit)
		asked += limit->valuedouble;
	if (asked > model->context)
		return refuse(no,
			      "Invalid request: Your request exceeded "
			      "model token limit: %d (requested: %.0f)",
			      model->context, asked);
	return true;
}

const struct platform_model *
platform_model_find(const struct platform_model *models, const char *id)
{
	while (models->id && strcmp(models->id, id) != 0)
		models++;
	return models->id ? models : NULL;
}

bool platform_check_model(const struct ask *ask, struct refusal *no)
{
	if (!cJSON_IsObject(ask->request))
		return refuse(no, "Invalid request: invalid character in body");
	if (ask->model)
		return true;
	no->status = 404;
	no->type = "resource_not_found_error";
	return refuse(no, "Not found the model %.100s or Permission denied",
		      platform_word(ask->request, "model"));
}

bool platform_check(const struct ask *ask, struct refusal *no)
{
	const cJSON *request = ask->request;

	return platform_check_model(ask, no) &&
	       platform_check_numbers(ask, no) && stop_check(request, no) &&
	       thinking_check(ask->model, request, no) &&
	       platform_check_tools(platform_member(request, "tools"), no) &&
	       search_check(ask, no) && choice_check(ask->model, request, no) &&
	       format_check(request, no) && platform_check_messages(ask, no) &&
	       platform_check_size(ask, no);
}
