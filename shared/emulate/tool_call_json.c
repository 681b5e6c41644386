/* SPDX-License-Identifier: MIT */
/* A tool call that a model wrote as text. */
#include "emulate/tool_call_json.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"

#define PREFIX "functions."

static struct raw_slice trimmed(struct raw_slice s)
{
	s.p = text_trim(s.p, &s.n);
	return s;
}

static bool is_same(struct raw_slice x, struct raw_slice y)
{
	return x.n == y.n && memcmp(x.p, y.p, x.n) == 0;
}

/* A tool's own name may begin or end with white space. */
static const char *tool_named(struct raw_slice name,
			      const struct chat_tool *tools, size_t n)
{
	const char *found = NULL;

	for (size_t i = 0; i < n; i++) {
		struct raw_slice own = { tools[i].name, strlen(tools[i].name) };

		if (is_same(own, name))
			return tools[i].name;
		if (found == NULL && is_same(trimmed(own), trimmed(name)))
			found = tools[i].name;
	}
	return found;
}

/* The tool meant by NAME, functions.NAME, NAME:0 or functions.NAME:0. */
static const char *find_tool(struct raw_slice name,
			     const struct chat_tool *tools, size_t n)
{
	const size_t prefix = strlen(PREFIX);
	const char *found = tool_named(name, tools, n);
	size_t digits = 0;

	if (found == NULL && name.n > prefix &&
	    memcmp(name.p, PREFIX, prefix) == 0) {
		name.p += prefix;
		name.n -= prefix;
		found = tool_named(name, tools, n);
	}
	while (digits < name.n &&
	       isdigit((unsigned char)name.p[name.n - 1 - digits]))
		digits++;
	if (found == NULL && digits > 0 && digits < name.n &&
	    name.p[name.n - 1 - digits] == ':') {
		name.n -= digits + 1;
		found = tool_named(name, tools, n);
	}
	return found;
}

static bool set_tool(struct chat_call *call, struct raw_slice name,
		     const struct chat_tool *tools, size_t n)
{
	call->name = tool_named(name, tools, n);
	if (call->name == NULL)
		call->name = find_tool(trimmed(name), tools, n);
	return call->name != NULL;
}

static bool set_arguments(struct chat_call *call, struct raw_slice raw,
			  const cJSON *value, struct arena *a)
{
	struct error ignored;

	if (cJSON_IsString(value)) {
		raw.p = value->valuestring;
		raw.n = strlen(raw.p);
		raw = trimmed(raw);
		value = raw.n == 0 ? NULL :
				     json_parse(a, raw.p, raw.n, &ignored);
		if (raw.n > 0 && value == NULL)
			return false;
	}
	call->arguments = "{}";
	if (value == NULL)
		return true;
	if (!cJSON_IsObject(value))
		return false;
	/* Its key may have been written with escapes. */
	call->arguments = raw.p == NULL ? json_print(a, value) :
					  raw_json_repaired(a, raw.p, raw.n);
	return true;
}

static bool read_whole(struct chat_call *call, const cJSON *tree,
		       struct raw_slice json, const struct chat_tool *tools,
		       size_t n, struct arena *a)
{
	static const char *const names[] = { "name", "tool", "tool_name",
					     "function" };
	static const char *const arguments[] = { "arguments", "parameters",
						 "input", "args" };
	const char *name = NULL;
	size_t i = 0;

	while (name == NULL && i < sizeof(names) / sizeof(*names))
		name = json_text(tree, names[i++]);
	if (name == NULL ||
	    !set_tool(call, (struct raw_slice){ name, strlen(name) }, tools, n))
		return false;
	for (i = 0; i < sizeof(arguments) / sizeof(*arguments); i++)
		if (json_at(tree, arguments[i]) != NULL)
			return set_arguments(
				call, raw_json_member(json, arguments[i]),
				json_at(tree, arguments[i]), a);
	return set_arguments(call, json, NULL, a);
}

bool tool_call_json_read(struct chat_call *call, struct raw_slice name,
			 struct raw_slice json, const struct chat_tool *tools,
			 size_t n_tools, struct arena *a)
{
	struct error ignored;
	const cJSON *tree = json_parse(a, json.p, json.n, &ignored);
	const cJSON *function = json_at(tree, "function");

	*call = (struct chat_call){ 0 };
	if (!cJSON_IsObject(tree))
		return false;
	if (name.p != NULL)
		return set_tool(call, name, tools, n_tools) &&
		       set_arguments(call, json, tree, a);
	if (cJSON_IsObject(function)) {
		json = raw_json_member(json, "function");
		tree = function;
	}
	return read_whole(call, tree, json, tools, n_tools, a);
}
