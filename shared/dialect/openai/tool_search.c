/* SPDX-License-Identifier: MIT */
/* Declares the search for tools to the model. */
#include "dialect/openai/tool_search.h"

#include <string.h>

#include "base/buf.h"
#include "dialect/openai/loaded_tools.h"

#define LIMIT (16 * 1024 * 1024)

/* What OpenAI's own search has, for tools that come without parameters. */
#define PARAMETERS                                                                 \
	"{\"type\":\"object\",\"properties\":{\"paths\":{\"type\":\"array\","      \
	"\"items\":{\"type\":\"string\"},\"description\":\"Names of the tools or " \
	"namespaces to load\"}},\"required\":[\"paths\"]}"

static bool is_deferred(const cJSON *v)
{
	return cJSON_IsTrue(json_at(v, "defer_loading"));
}

bool openai_tool_search_finds(const cJSON *tool, const cJSON *space)
{
	return is_deferred(tool) || is_deferred(space);
}

/* Whether it is one, or a namespace with one in it. */
static bool is_to_be_found(const cJSON *v)
{
	const cJSON *tool;

	if (json_at(v, OPENAI_LOADED_FROM) != NULL)
		return false;
	if (is_deferred(v))
		return true;
	cJSON_ArrayForEach(tool, json_at(v, "tools"))
		if (is_deferred(tool))
			return true;
	return false;
}

struct chat_tool openai_tool_search(struct arena *a, const cJSON *tool,
				    const cJSON *tools)
{
	const char *description = json_text(tool, "description");
	const cJSON *parameters = json_at(tool, "parameters"), *v;
	struct buf *text = arena_buf(a, LIMIT);
	bool first = true;

	buf_puts(text, description != NULL ?
			       description :
			       "Searches for tools and loads those that it "
			       "finds: they can be called from then on.");
	cJSON_ArrayForEach(v, tools) {
		const char *name = json_text(v, "name");
		const char *what = json_text(v, "description");

		if (name == NULL || !is_to_be_found(v))
			continue;
		buf_printf(text, "%s- %s%s%s",
			   first ? "\n\nWhat can be found:\n" : "\n", name,
			   what == NULL ? "" : ": ", what == NULL ? "" : what);
		first = false;
	}
	return (struct chat_tool){
		.name = OPENAI_TOOL_SEARCH,
		.description = buf_text(text),
		.parameters = cJSON_IsObject(parameters) ?
				      json_print(a, parameters) :
				      PARAMETERS,
		.param = "tools",
	};
}
