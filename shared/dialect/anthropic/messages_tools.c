/* SPDX-License-Identifier: MIT */
/* Anthropic Messages: the tools of a request, and which it asks for. */
#include "dialect/anthropic/messages_tools.h"

#include <stdio.h>
#include <string.h>

#include "chat/unique_tools.h"

#define SEARCH "web_search_"

static bool fault(struct decoder *d, enum error_kind kind, size_t i,
		  const char *member, const char *text)
{
	char param[64];

	snprintf(param, sizeof(param), "tools.%zu%s", i, member);
	return error_field(d->error, kind, param, "%s: %s", param, text);
}

/* Members for Anthropic's own models are left out: strict, cache_control, … */
static bool read_function(struct decoder *d, size_t i, const cJSON *v,
			  struct chat_tool *tool)
{
	const cJSON *schema = json_at(v, "input_schema");

	tool->name = json_text(v, "name");
	if (tool->name == NULL || *tool->name == '\0')
		return fault(d, ERROR_MISSING, i, ".name", "Field required");
	tool->description = json_text(v, "description");
	tool->parameters = schema == NULL ?
				   "{\"type\":\"object\",\"properties\":{}}" :
				   json_print(d->arena, schema);
	tool->param = arena_printf(d->arena, "tools.%zu.input_schema", i);
	return true;
}

static bool read_tool(struct decoder *d, size_t i, const cJSON *v,
		      struct chat_tool *tools)
{
	const char *type = json_text(v, "type");

	if (!cJSON_IsObject(v))
		return fault(d, ERROR_TYPE, i, "", "Input should be an object");
	if (type == NULL || strcmp(type, "custom") == 0)
		return read_function(d, i, v, &tools[d->request->n_tools++]);
	if (strncmp(type, SEARCH, strlen(SEARCH)) == 0)
		d->request->search = CHAT_SEARCH_ON;
	return true;
}

static bool check_names(struct decoder *d)
{
	const struct chat_tool *other = chat_unique_tools(d->arena, d->request);
	const char *param;

	if (other == NULL)
		return true;
	param = chat_unique_tools_param(d->arena, other);
	return error_field(d->error, ERROR_VALUE, param,
			   "%s: Tool names must be unique: another tool is "
			   "called '%.64s', too",
			   param, other->name);
}

bool anthropic_messages_tools_read(struct decoder *d, const char *name,
				   const cJSON *v)
{
	size_t n = (size_t)cJSON_GetArraySize(v), i = 0;
	struct chat_tool *tools;

	if (!cJSON_IsArray(v))
		return error_field(d->error, ERROR_TYPE, name,
				   "tools: Input should be an array");
	tools = arena_array(d->arena, n, sizeof(*tools));
	for (const cJSON *t = v->child; t != NULL; t = t->next, i++)
		if (!read_tool(d, i, t, tools))
			return false;
	d->request->tools = tools;
	return check_names(d);
}

static bool has_tool(const struct chat_request *r, const char *name)
{
	for (size_t i = 0; i < r->n_tools; i++)
		if (strcmp(r->tools[i].name, name) == 0)
			return true;
	return false;
}

/* A named tool that was left out, such as the search, cannot be demanded. */
static bool read_named(struct decoder *d, const cJSON *v)
{
	const char *tool = json_text(v, "name");

	if (tool == NULL)
		return error_field(d->error, ERROR_MISSING, "tool_choice.name",
				   "tool_choice.name: Field required");
	if (has_tool(d->request, tool)) {
		d->request->tool_choice = CHAT_TOOLS_NAMED;
		d->request->tool_name = tool;
		return true;
	}
	if (d->request->search == CHAT_SEARCH_ON)
		return true;
	return error_field(d->error, ERROR_VALUE, "tool_choice.name",
			   "tool_choice.name: Tool '%.64s' not found in "
			   "provided tools",
			   tool);
}

bool anthropic_messages_tools_read_choice(struct decoder *d, const char *name,
					  const cJSON *v)
{
	struct chat_request *r = d->request;
	const char *type = json_text(v, "type");

	if (!cJSON_IsObject(v))
		return error_field(d->error, ERROR_TYPE, name,
				   "tool_choice: Input should be an object");
	if (cJSON_IsTrue(json_at(v, "disable_parallel_tool_use")))
		r->one_call = true;
	if (type != NULL && strcmp(type, "auto") == 0)
		return true;
	if (type != NULL && strcmp(type, "any") == 0) {
		if (r->n_tools > 0)
			r->tool_choice = CHAT_TOOLS_REQUIRED;
		return true;
	}
	if (type != NULL && strcmp(type, "tool") == 0)
		return read_named(d, v);
	if (type != NULL && strcmp(type, "none") == 0) {
		r->tool_choice = CHAT_TOOLS_NONE;
		/* Only a tool can have asked for one. */
		r->search = CHAT_SEARCH_DEFAULT;
		return true;
	}
	return error_field(d->error, ERROR_VALUE, "tool_choice.type",
			   "tool_choice.type: Input should be 'auto', 'any', "
			   "'tool' or 'none'");
}
