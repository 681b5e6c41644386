/* SPDX-License-Identifier: MIT */
/* Names of tools: the client's, and the one that Kimi gets. */
#include "dialect/openai/tool_name.h"

#include <string.h>

#include "base/hash.h"
#include "dialect/openai/loaded_tools.h"

#define SEPARATOR "__" /* between a namespace and a name */
#define DIGITS 8       /* of the hash after a name that is taken */

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

/* Whether to look closer: hardly ever. */
static bool may_be_taken(const cJSON *tools, const char *space,
			 const char *flat)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, tools) {
		const char *name = json_text(v, "name");

		if (name != NULL && strcmp(name, space) != 0 &&
		    (strcmp(name, flat) == 0 || behind(flat, name) != NULL))
			return true;
	}
	return false;
}

/* Whether another tool has the name that one of this namespace would have. */
static bool is_taken(const cJSON *tools, const char *space, const char *flat)
{
	struct openai_tool_name other;
	const cJSON *v;
	bool taken;

	if (!may_be_taken(tools, space, flat))
		return false;
	taken = find_tool(tools, flat, NULL, &other);
	cJSON_ArrayForEach(v, tools) {
		const char *before = json_text(v, "name");
		const char *rest = behind(flat, before);

		if (rest == NULL || !is_type(v, "namespace") ||
		    !find_tool(json_at(v, "tools"), rest, before, &other))
			continue;
		if (strcmp(before, space) == 0)
			return taken;
		taken = true;
	}
	return false;
}

/* What sets a tool apart whose name is taken. */
static void put_mark(const char *space, const char *name, char mark[DIGITS + 1])
{
	char digits[HASH_SIZE];
	struct hash h;

	hash_init(&h);
	hash_add(&h, space, strlen(space) + 1);
	hash_add(&h, name, strlen(name));
	hash_end(&h, digits);
	memcpy(mark, digits, DIGITS);
	mark[DIGITS] = '\0';
}

void openai_tool_spaces_init(struct openai_tool_spaces *s, struct arena *a,
			     const cJSON *tools)
{
	*s = (struct openai_tool_spaces){ .arena = a, .tools = tools };
	key_index_init(&s->made, a);
}

static const char *make_flat(const struct openai_tool_spaces *s,
			     const char *space, const char *name)
{
	const char *flat =
		arena_printf(s->arena, "%s" SEPARATOR "%s", space, name);
	char mark[DIGITS + 1];

	if (!is_taken(s->tools, space, flat))
		return flat;
	put_mark(space, name, mark);
	return arena_printf(s->arena, "%s_%s", flat, mark);
}

/* A history may call the same tool very often. */
const char *openai_tool_name_flat(struct openai_tool_spaces *s,
				  const char *space, const char *name)
{
	const char *key;
	size_t i;

	if (space == NULL || *space == '\0')
		return name;
	key = arena_printf(s->arena, "%zu %s%s", strlen(space), space, name);
	i = key_index_find(&s->made, key);
	if (i != KEY_INDEX_NONE)
		return s->flat[i];
	s->flat = arena_grow(s->arena, s->flat, &s->room, s->n + 1,
			     sizeof(const char *));
	s->flat[s->n] = make_flat(s, space, name);
	key_index_put(&s->made, key, s->n);
	return s->flat[s->n++];
}

/* Whether a name is that of the tool, with its mark. */
static bool is_marked(const char *rest, const char *space, const char *tool)
{
	size_t n = strlen(tool);
	char mark[DIGITS + 1];

	if (strncmp(rest, tool, n) != 0 || rest[n] != '_' ||
	    strlen(rest + n + 1) != DIGITS)
		return false;
	put_mark(space, tool, mark);
	return strcmp(rest + n + 1, mark) == 0;
}

static bool find_marked(const cJSON *tools, const char *rest, const char *space,
			struct openai_tool_name *origin)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, tools) {
		const char *tool = json_text(v, "name");

		if (tool != NULL && is_marked(rest, space, tool))
			return find_tool(tools, tool, space, origin);
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
		    (find_tool(json_at(v, "tools"), rest, space, &origin) ||
		     find_marked(json_at(v, "tools"), rest, space, &origin)))
			break;
	}
	return origin;
}
