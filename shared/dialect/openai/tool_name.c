/* SPDX-License-Identifier: MIT */
/* Names of tools: the client's, and the one that Kimi gets. */
#include "dialect/openai/tool_name.h"

#include <string.h>

#include "dialect/openai/loaded_tools.h"

#define SEPARATOR "__" /* between a namespace and a name */

const char *openai_tool_name_flat(struct arena *a, const char *space,
				  const char *name)
{
	if (space == NULL || *space == '\0')
		return name;
	return arena_printf(a, "%s" SEPARATOR "%s", space, name);
}

static bool is_type(const cJSON *v, const char *name)
{
	const char *type = json_text(v, "type");

	return type != NULL && strcmp(type, name) == 0;
}

static bool is_named(const cJSON *tool, const char *name)
{
	const char *own = json_text(tool, "name");

	return own != NULL && strcmp(own, name) == 0;
}

/* The name without its namespace; NULL if it is not in that one. */
static const char *behind(const char *name, const char *space)
{
	size_t n = space == NULL ? 0 : strlen(space);

	if (n == 0 || strncmp(name, space, n) != 0 ||
	    strncmp(name + n, SEPARATOR, strlen(SEPARATOR)) != 0)
		return NULL;
	return name + n + strlen(SEPARATOR);
}

static bool find_tool(const cJSON *tools, const char *name, const char *space,
		      struct openai_tool_name *origin)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, tools)
		if (is_named(v, name) && !is_type(v, "namespace")) {
			origin->name = json_text(v, "name");
			origin->space = space;
			origin->custom = is_type(v, "custom");
			return true;
		}
	return false;
}

struct openai_tool_name openai_tool_name_origin(const cJSON *tools,
						const char *name)
{
	struct openai_tool_name origin = { .name = name };
	const cJSON *v;

	if (find_tool(tools, name, NULL, &origin))
		return origin;
	origin.search = strcmp(name, OPENAI_TOOL_SEARCH) == 0 &&
			openai_loaded_tools_search(tools) != NULL;
	cJSON_ArrayForEach(v, tools) {
		const char *space = json_text(v, "name");
		const char *rest = behind(name, space);

		if (rest != NULL && is_type(v, "namespace") &&
		    find_tool(json_at(v, "tools"), rest, space, &origin))
			break;
	}
	return origin;
}
