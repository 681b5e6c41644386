/* SPDX-License-Identifier: MIT */
/* Chat completions: the tools of a request. */
#include "dialect/openai/chat_tools.h"

#include <stdio.h>
#include <string.h>

#include "chat/unique_tools.h"
#include "dialect/openai/allowed_tools.h"

static bool fault(struct error *e, enum error_kind kind, size_t i,
		  const char *path, const char *text)
{
	char param[64];

	snprintf(param, sizeof(param), "tools[%zu]%s", i, path);
	return error_field(e, kind, param, "'%s' %s.", param, text);
}

/* A search that Kimi runs itself, by the names that its own clients and
 * OpenAI's have for it. */
static bool is_search(const cJSON *v, const char *type)
{
	const char *name = json_text(v, "function.name");

	if (strcmp(type, "builtin_function") == 0)
		return name != NULL && strcmp(name, "$web_search") == 0;
	return strcmp(type, "web_search") == 0 ||
	       strcmp(type, "web_search_preview") == 0;
}

/* As in the Responses dialect: see responses_tools.c. */
static void read_search(struct chat_request *q, const cJSON *v)
{
	if (!cJSON_IsFalse(json_at(v, "external_web_access")))
		q->search = CHAT_SEARCH_ON;
	else if (q->search == CHAT_SEARCH_DEFAULT)
		q->search = CHAT_SEARCH_OFF;
}

static bool read_function(struct arena *a, size_t i, const cJSON *v,
			  struct chat_tool *tool, struct error *e)
{
	const cJSON *parameters = json_at(v, "function.parameters");
	const cJSON *strict = json_at(v, "function.strict");

	tool->name = json_text(v, "function.name");
	if (tool->name == NULL || *tool->name == '\0')
		return fault(e, ERROR_MISSING, i, ".function.name",
			     "is missing");
	tool->description = json_text(v, "function.description");
	tool->parameters = parameters == NULL ?
				   "{\"type\":\"object\",\"properties\":{}}" :
				   json_print(a, parameters);
	tool->param = arena_printf(a, "tools[%zu].function.parameters", i);
	tool->has_strict = strict != NULL;
	tool->strict = cJSON_IsTrue(strict);
	return true;
}

static bool read_tool(struct arena *a, size_t i, const cJSON *v,
		      struct chat_request *request, struct chat_tool *tools,
		      struct error *e)
{
	const char *type = json_text(v, "type");

	if (!cJSON_IsObject(v))
		return fault(e, ERROR_TYPE, i, "", "must be an object");
	if (type == NULL)
		return fault(e, ERROR_MISSING, i, ".type", "is missing");
	if (is_search(v, type)) {
		read_search(request, v);
		return true;
	}
	if (strcmp(type, "function") != 0)
		return fault(e, ERROR_UNSUPPORTED, i, ".type",
			     "must be \"function\": other tools are not "
			     "supported");
	return read_function(a, i, v, &tools[request->n_tools++], e);
}

static bool check_names(struct arena *a, struct chat_request *q,
			struct error *e)
{
	const struct chat_tool *other = chat_unique_tools(a, q);
	const char *param;

	if (other == NULL)
		return true;
	param = chat_unique_tools_param(a, other);
	return error_field(e, ERROR_VALUE, param,
			   "'%s' is the name of another tool, '%.64s': give "
			   "each tool its own name.",
			   param, other->name);
}

bool openai_chat_tools_read(struct arena *a, const cJSON *list,
			    struct chat_request *request, struct error *e)
{
	size_t n = (size_t)cJSON_GetArraySize(list), i = 0;
	struct chat_tool *tools;

	if (!cJSON_IsArray(list))
		return error_field(e, ERROR_TYPE, "tools",
				   "'tools' must be an array.");
	tools = arena_array(a, n, sizeof(*tools));
	for (const cJSON *v = list->child; v != NULL; v = v->next, i++)
		if (!read_tool(a, i, v, request, tools, e))
			return false;
	request->tools = tools;
	return check_names(a, request, e);
}

static bool allows_search(const cJSON *list)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, list) {
		const char *type = json_text(v, "type");

		if (type != NULL && is_search(v, type))
			return true;
	}
	return false;
}

bool openai_chat_tools_allow(struct arena *a, const cJSON *list,
			     struct chat_request *request, struct error *e)
{
	const char **names;
	const cJSON *v;
	size_t n = 0;

	if (!cJSON_IsArray(list))
		return error_field(e, ERROR_TYPE,
				   "tool_choice.allowed_tools.tools",
				   "'tool_choice.allowed_tools.tools' must be "
				   "an array.");
	names = arena_array(a, (size_t)cJSON_GetArraySize(list),
			    sizeof(*names));
	cJSON_ArrayForEach(v, list)
		if (json_text(v, "function.name") != NULL)
			names[n++] = json_text(v, "function.name");
	openai_allowed_tools_keep(a, request, names, n);
	if (!allows_search(list) && request->search == CHAT_SEARCH_ON)
		request->search = CHAT_SEARCH_DEFAULT;
	return true;
}
