/* SPDX-License-Identifier: MIT */
/* Leaves out tools that a request has already. */
#include "chat/unique_tools.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"

static int by_name(const void *x, const void *y)
{
	const struct chat_tool *one = *(const struct chat_tool *const *)x;
	const struct chat_tool *other = *(const struct chat_tool *const *)y;
	int order = strcmp(one->name, other->name);

	return order != 0 ? order : (one > other) - (one < other);
}

static const char *description_of(const struct chat_tool *tool)
{
	return tool->description == NULL ? "" : tool->description;
}

/* Members may be in another order. */
static bool are_alike(struct arena *a, const char *one, const char *other)
{
	struct error ignored;

	return strcmp(one, other) == 0 ||
	       cJSON_Compare(json_parse(a, one, strlen(one), &ignored),
			     json_parse(a, other, strlen(other), &ignored),
			     true);
}

static bool is_equal(struct arena *a, const struct chat_tool *one,
		     const struct chat_tool *other)
{
	return strcmp(description_of(one), description_of(other)) == 0 &&
	       one->strict == other->strict &&
	       are_alike(a, one->parameters, other->parameters);
}

/* Marks those that an earlier tool is equal to; tools are in the order of
 * their names. */
static const struct chat_tool *mark_twins(struct arena *a,
					  const struct chat_tool *const *tools,
					  const struct chat_request *r,
					  bool *twin)
{
	const struct chat_tool *first = tools[0];

	for (size_t i = 1; i < r->n_tools; i++) {
		if (strcmp(first->name, tools[i]->name) != 0)
			first = tools[i];
		else if (is_equal(a, first, tools[i]))
			twin[tools[i] - r->tools] = true;
		else
			return tools[i];
	}
	return NULL;
}

const struct chat_tool *chat_unique_tools(struct arena *a,
					  struct chat_request *r)
{
	const struct chat_tool **tools, *other;
	struct chat_tool *kept;
	size_t n = 0;
	bool *twin;

	if (r->n_tools < 2)
		return NULL;
	tools = arena_array(a, r->n_tools, sizeof(struct chat_tool *));
	twin = arena_array(a, r->n_tools, sizeof(*twin));
	for (size_t i = 0; i < r->n_tools; i++)
		tools[i] = &r->tools[i];
	qsort(tools, r->n_tools, sizeof(*tools), by_name);
	other = mark_twins(a, tools, r, twin);
	if (other != NULL)
		return other;
	kept = arena_array(a, r->n_tools, sizeof(*kept));
	for (size_t i = 0; i < r->n_tools; i++)
		if (!twin[i])
			kept[n++] = r->tools[i];
	r->tools = kept;
	r->n_tools = n;
	return NULL;
}

const char *chat_unique_tools_param(struct arena *a,
				    const struct chat_tool *tool)
{
	const char *end = strrchr(tool->param, '.');

	if (end == NULL)
		return tool->param;
	return arena_printf(a, "%.*s.name", (int)(end - tool->param),
			    tool->param);
}
