/* SPDX-License-Identifier: MIT */
/* Joins the tools of the input to those of the request. */
#include "dialect/openai/loaded_tools.h"

#include <string.h>

struct joiner {
	struct arena *arena;
	const cJSON *own;
	cJSON *tools; /* own and loaded ones; NULL until one is loaded */
};

static bool is_type(const cJSON *v, const char *name)
{
	const char *type = json_text(v, "type");

	return type != NULL && strcmp(type, name) == 0;
}

static bool is_taken(const cJSON *tools)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, tools) {
		const char *name = json_text(v, "name");

		if (name != NULL && strcmp(name, OPENAI_TOOL_SEARCH) == 0 &&
		    !is_type(v, "namespace"))
			return true;
	}
	return false;
}

const cJSON *openai_loaded_tools_search(const cJSON *tools)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, tools) {
		const char *where = json_text(v, "execution");

		if (is_type(v, "tool_search") && where != NULL &&
		    strcmp(where, "client") == 0)
			return is_taken(tools) ? NULL : v;
	}
	return NULL;
}

/* Another node with the same content, which it does not own. */
static cJSON *reference(const cJSON *v)
{
	cJSON *r = cJSON_CreateNull();

	*r = *v;
	r->next = r->prev = NULL;
	r->string = NULL;
	r->type = (r->type & ~cJSON_StringIsConst) | cJSON_IsReference;
	return r;
}

static cJSON *references(const cJSON *object)
{
	cJSON *copy = cJSON_CreateObject();
	const cJSON *v;

	cJSON_ArrayForEach(v, object)
		cJSON_AddItemToObject(copy, v->string, reference(v));
	return copy;
}

static void drop_tree(void *tree)
{
	cJSON_Delete(tree);
}

static void begin(struct joiner *j)
{
	const cJSON *v;

	j->tools = cJSON_CreateArray();
	arena_own(j->arena, j->tools, drop_tree);
	cJSON_ArrayForEach(v, j->own)
		cJSON_AddItemToArray(j->tools, reference(v));
}

static void load(struct joiner *j, const cJSON *tools, const char *where)
{
	const cJSON *v;
	size_t i = 0;

	cJSON_ArrayForEach(v, tools) {
		char *param =
			arena_printf(j->arena, "%s.tools[%zu]", where, i++);
		cJSON *tool;

		if (!cJSON_IsObject(v))
			continue;
		if (j->tools == NULL)
			begin(j);
		tool = references(v);
		cJSON_DeleteItemFromObjectCaseSensitive(tool,
							OPENAI_LOADED_FROM);
		cJSON_AddStringToObject(tool, OPENAI_LOADED_FROM, param);
		cJSON_AddItemToArray(j->tools, tool);
	}
}

/* The result is stored as the JSON text of its tools. */
static void load_stored(struct joiner *j, const struct chat_message *m)
{
	const char *text;
	struct error ignored;

	if (m->role != CHAT_TOOL || m->name == NULL ||
	    strcmp(m->name, OPENAI_TOOL_SEARCH) != 0)
		return;
	text = chat_message_text(m, j->arena);
	load(j, json_parse(j->arena, text, strlen(text), &ignored), "input");
}

static void load_input(struct joiner *j, const cJSON *input)
{
	const cJSON *v;
	size_t i = 0;

	if (!cJSON_IsArray(input))
		return;
	cJSON_ArrayForEach(v, input) {
		size_t place = i++;

		if (is_type(v, "additional_tools") ||
		    is_type(v, "tool_search_output"))
			load(j, json_at(v, "tools"),
			     arena_printf(j->arena, "input[%zu]", place));
	}
}

const cJSON *openai_loaded_tools_join(struct arena *a, const cJSON *body,
				      const struct chat_message *stored,
				      size_t n)
{
	struct joiner j = { .arena = a, .own = json_at(body, "tools") };
	cJSON *joined;

	if (!cJSON_IsObject(body) || (j.own != NULL && !cJSON_IsArray(j.own)))
		return body;
	for (size_t i = 0; i < n; i++)
		load_stored(&j, &stored[i]);
	load_input(&j, json_at(body, "input"));
	if (j.tools == NULL)
		return body;
	joined = references(body);
	arena_own(a, joined, drop_tree);
	cJSON_DeleteItemFromObjectCaseSensitive(joined, "tools");
	cJSON_AddItemToObject(joined, "tools", reference(j.tools));
	return joined;
}
