/* SPDX-License-Identifier: MIT */
/* Responses: the tools of a request, and which of them may be called. */
#include "dialect/openai/responses_tools.h"

#include <stdio.h>
#include <string.h>

#include "chat/unique_tools.h"
#include "dialect/openai/allowed_tools.h"
#include "dialect/openai/loaded_tools.h"
#include "dialect/openai/tool_name.h"
#include "dialect/openai/tool_search.h"

#define MOST_TOOLS 128 /* with those that were loaded: Kimi takes no more */

/* Beyond these no service goes, and their names take too long to compare. */
#define OWN_TOOLS 2000
#define LOADED_TOOLS 8000
#define NO_PARAMETERS "{\"type\":\"object\",\"properties\":{}}"
#define ONE_INPUT                                                              \
	"{\"type\":\"object\",\"properties\":{\"input\":{\"type\":\"string\"}" \
	"},\"required\":[\"input\"]}"

struct tool_reader {
	struct decoder *d;
	struct openai_tool_spaces spaces;
	const cJSON *search; /* the tool that finds deferred ones; or NULL */
	char path[96];	     /* of the tool being read */
	const cJSON *space;  /* the namespace it is in; or NULL */
	bool loaded;	     /* it is from the input */
	struct chat_tool *tools;
	size_t n, room;
	size_t n_own; /* those of the request come first */
};

static bool fault(struct tool_reader *r, enum error_kind kind,
		  const char *member, const char *text)
{
	char param[sizeof(r->path) + 16];

	snprintf(param, sizeof(param), "%s%s", r->path, member);
	return error_field(r->d->error, kind, param, "'%s' %s.", param, text);
}

static bool is_search(const char *type)
{
	return strncmp(type, "web_search", strlen("web_search")) == 0;
}

static struct chat_tool *find_tool(struct tool_reader *r, const char *name)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->tools[i].name, name) == 0)
			return &r->tools[i];
	return NULL;
}

/* The place of the next tool. A session loads more and more of them: beyond
 * the limit the oldest go, which the model can search for again. */
static struct chat_tool *next_tool(struct tool_reader *r)
{
	if (!r->loaded || r->n < MOST_TOOLS || r->n == r->n_own) {
		r->tools = arena_grow(r->d->arena, r->tools, &r->room, r->n + 1,
				      sizeof(*r->tools));
		return &r->tools[r->n++];
	}
	memmove(r->tools + r->n_own, r->tools + r->n_own + 1,
		(r->n - r->n_own - 1) * sizeof(*r->tools));
	return &r->tools[r->n - 1];
}

/* Adds a tool with its name: the one that Kimi gets. One that is loaded once
 * more stays in its place. */
static struct chat_tool *add_tool(struct tool_reader *r, const cJSON *v)
{
	const char *name = json_text(v, "name");
	struct chat_tool *tool = NULL;

	if (name == NULL || *name == '\0') {
		fault(r, ERROR_MISSING, ".name", "is missing");
		return NULL;
	}
	if (!r->loaded && r->n == OWN_TOOLS) {
		fault(r, ERROR_VALUE, "", "is one tool too many");
		return NULL;
	}
	name = openai_tool_name_flat(&r->spaces, json_text(r->space, "name"),
				     name);
	if (r->loaded)
		tool = find_tool(r, name);
	if (tool == NULL)
		tool = next_tool(r);
	*tool = (struct chat_tool){ .name = name };
	tool->description = json_text(v, "description");
	return tool;
}

static bool read_function(struct tool_reader *r, const cJSON *v)
{
	const cJSON *parameters = json_at(v, "parameters");
	const cJSON *strict = json_at(v, "strict");
	struct chat_tool *tool = add_tool(r, v);

	if (tool == NULL)
		return false;
	tool->parameters = parameters == NULL ?
				   NO_PARAMETERS :
				   json_print(r->d->arena, parameters);
	tool->param = arena_printf(r->d->arena, "%s.parameters", r->path);
	tool->has_strict = strict != NULL;
	tool->strict = cJSON_IsTrue(strict);
	return true;
}

/* Free text is a function's only argument; the description has its grammar. */
static bool read_custom(struct tool_reader *r, const cJSON *v)
{
	const char *grammar = json_text(v, "format.definition");
	const char *syntax = json_text(v, "format.syntax");
	struct chat_tool *tool = add_tool(r, v);

	if (tool == NULL)
		return false;
	tool->parameters = ONE_INPUT;
	tool->param = arena_printf(r->d->arena, "%s.format", r->path);
	if (grammar != NULL)
		tool->description = arena_printf(
			r->d->arena,
			"%s\n\nThe input is text that follows this %s "
			"grammar:\n%s",
			tool->description == NULL ? "" : tool->description,
			syntax == NULL ? "" : syntax, grammar);
	return true;
}

/* Kimi can only search the live web: a client that allows no more than what
 * was indexed before gets no search, unless another of its tools is one. */
static void read_search(struct tool_reader *r, const cJSON *v)
{
	struct chat_request *q = r->d->request;

	if (!cJSON_IsFalse(json_at(v, "external_web_access")))
		q->search = CHAT_SEARCH_ON;
	else if (q->search == CHAT_SEARCH_DEFAULT)
		q->search = CHAT_SEARCH_OFF;
}

static bool read_tool_search(struct tool_reader *r, const cJSON *v)
{
	struct chat_tool *tool = r->loaded ? NULL : next_tool(r);

	if (tool != NULL)
		*tool = openai_tool_search(r->d->arena, v, r->spaces.tools);
	return tool != NULL || r->loaded;
}

/* A tool that can be called here; others are ignored. */
static bool read_callable(struct tool_reader *r, const cJSON *v,
			  const char *type)
{
	if (r->search != NULL && !r->loaded &&
	    openai_tool_search_finds(v, r->space))
		return true;
	if (strcmp(type, "function") == 0)
		return read_function(r, v);
	if (strcmp(type, "custom") == 0)
		return read_custom(r, v);
	if (v == r->search)
		return read_tool_search(r, v);
	if (is_search(type))
		read_search(r, v);
	return true;
}

static bool read_namespace(struct tool_reader *r, const cJSON *v)
{
	size_t n = strlen(r->path), k = 0;
	const cJSON *tool;
	bool ok = true;

	r->space = v;
	cJSON_ArrayForEach(tool, json_at(v, "tools")) {
		const char *type = json_text(tool, "type");

		snprintf(r->path + n, sizeof(r->path) - n, ".tools[%zu]", k++);
		if (type != NULL && ok)
			ok = read_callable(r, tool, type);
	}
	r->space = NULL;
	return ok;
}

static bool is_loaded(const cJSON *v)
{
	return json_text(v, OPENAI_LOADED_FROM) != NULL;
}

static bool read_tool(struct tool_reader *r, const cJSON *v, size_t i)
{
	const char *type = json_text(v, "type");
	const char *from = json_text(v, OPENAI_LOADED_FROM);

	r->loaded = from != NULL;
	if (r->loaded)
		snprintf(r->path, sizeof(r->path), "%.40s", from);
	else
		snprintf(r->path, sizeof(r->path), "tools[%zu]", i);
	if (!cJSON_IsObject(v))
		return fault(r, ERROR_TYPE, "", "must be an object");
	if (type == NULL)
		return fault(r, ERROR_MISSING, ".type", "is missing");
	if (strcmp(type, "namespace") == 0)
		return read_namespace(r, v);
	return read_callable(r, v, type);
}

/* Those of the request are read; each is declared once. */
static bool end_own(struct tool_reader *r)
{
	struct chat_request own = { .tools = r->tools, .n_tools = r->n };
	const struct chat_tool *other = chat_unique_tools(r->d->arena, &own);
	const char *param;

	if (other != NULL) {
		param = chat_unique_tools_param(r->d->arena, other);
		return error_field(r->d->error, ERROR_VALUE, param,
				   "'%s' is the name of another tool, '%.64s': "
				   "give each tool its own name.",
				   param, other->name);
	}
	if (own.n_tools < r->n)
		memmove(r->tools, own.tools, own.n_tools * sizeof(*r->tools));
	r->n = r->n_own = own.n_tools;
	return true;
}

bool openai_responses_tools_read(struct decoder *d, const char *name,
				 const cJSON *v)
{
	struct tool_reader r = { .d = d };
	const cJSON *tool;
	size_t i = 0;

	if (!cJSON_IsArray(v))
		return field_wrong_type(d, name, "an array");
	if (cJSON_GetArraySize(v) > OWN_TOOLS + LOADED_TOOLS)
		return error_field(d->error, ERROR_VALUE, name,
				   "'%s' has too many tools.", name);
	openai_tool_spaces_init(&r.spaces, d->arena, v);
	r.search = openai_loaded_tools_search(v);
	for (tool = v->child; tool != NULL && !is_loaded(tool);
	     tool = tool->next)
		if (!read_tool(&r, tool, i++))
			return false;
	if (!end_own(&r))
		return false;
	for (; tool != NULL; tool = tool->next)
		if (!read_tool(&r, tool, i++))
			return false;
	d->request->tools = r.tools;
	d->request->n_tools = r.n;
	return true;
}

static bool bad_choice(struct decoder *d, const char *name)
{
	return error_field(d->error, ERROR_VALUE, name,
			   "'%s' must be none, auto, required or name a tool.",
			   name);
}

static bool read_mode(struct decoder *d, const char *name, const char *mode)
{
	static const char *const modes[] = {
		[CHAT_TOOLS_AUTO] = "auto",
		[CHAT_TOOLS_NONE] = "none",
		[CHAT_TOOLS_REQUIRED] = "required",
	};

	for (int i = CHAT_TOOLS_AUTO; i <= CHAT_TOOLS_REQUIRED; i++)
		if (mode != NULL && strcmp(mode, modes[i]) == 0) {
			d->request->tool_choice = (enum chat_tool_choice)i;
			if (i == CHAT_TOOLS_NONE)
				d->request->search = CHAT_SEARCH_DEFAULT;
			return true;
		}
	return bad_choice(d, name);
}

static const char *named_in(struct openai_tool_spaces *spaces, const cJSON *v)
{
	const char *name = json_text(v, "name");
	const char *type = json_text(v, "type");

	if (type != NULL && strcmp(type, "tool_search") == 0)
		return OPENAI_TOOL_SEARCH;
	return name == NULL ?
		       NULL :
		       openai_tool_name_flat(spaces, json_text(v, "namespace"),
					     name);
}

static bool allows_search(const cJSON *list)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, list) {
		const char *type = json_text(v, "type");

		if (type != NULL && is_search(type))
			return true;
	}
	return false;
}

/* The model gets only the tools that it may call. */
static bool read_allowed(struct decoder *d, const char *name, const cJSON *v)
{
	struct chat_request *q = d->request;
	const cJSON *list = json_at(v, "tools");
	struct openai_tool_spaces spaces;
	const char **names;
	const cJSON *tool;
	size_t n = 0;

	if (!cJSON_IsArray(list))
		return field_wrong_type(d, "tool_choice.tools", "an array");
	names = arena_array(d->arena, (size_t)cJSON_GetArraySize(list),
			    sizeof(*names));
	openai_tool_spaces_init(&spaces, d->arena, json_at(d->body, "tools"));
	cJSON_ArrayForEach(tool, list) {
		const char *allowed = named_in(&spaces, tool);

		if (allowed != NULL)
			names[n++] = allowed;
	}
	openai_allowed_tools_keep(d->arena, q, names, n);
	if (!allows_search(list) && q->search == CHAT_SEARCH_ON)
		q->search = CHAT_SEARCH_DEFAULT;
	return read_mode(d, name, json_text(v, "mode"));
}

static bool read_named(struct decoder *d, const char *name, const cJSON *v)
{
	struct openai_tool_spaces spaces;

	openai_tool_spaces_init(&spaces, d->arena, json_at(d->body, "tools"));
	d->request->tool_name = named_in(&spaces, v);
	if (d->request->tool_name == NULL)
		return bad_choice(d, name);
	d->request->tool_choice = CHAT_TOOLS_NAMED;
	return true;
}

bool openai_responses_tools_read_choice(struct decoder *d, const char *name,
					const cJSON *v)
{
	const char *type = json_text(v, "type");

	if (cJSON_IsString(v))
		return read_mode(d, name, v->valuestring);
	if (!cJSON_IsObject(v))
		return field_wrong_type(d, name, "a string or an object");
	if (type == NULL)
		return bad_choice(d, name);
	if (strcmp(type, "allowed_tools") == 0)
		return read_allowed(d, name, v);
	if (strcmp(type, "function") == 0 || strcmp(type, "custom") == 0)
		return read_named(d, name, v);
	if (is_search(type)) {
		if (d->request->search == CHAT_SEARCH_DEFAULT)
			d->request->search = CHAT_SEARCH_ON;
		return true;
	}
	return error_field(d->error, ERROR_UNSUPPORTED, name,
			   "'%s' asks for %.64s, which is not supported.", name,
			   type);
}

bool openai_responses_tools_check_choice(struct chat_request *q,
					 struct error *e)
{
	bool none = q->tool_choice == CHAT_TOOLS_REQUIRED && q->n_tools == 0;

	/* Kimi cannot be made to search. */
	if (none && q->search != CHAT_SEARCH_DEFAULT)
		q->tool_choice = CHAT_TOOLS_AUTO;
	else if (none)
		return error_field(e, ERROR_VALUE, "tool_choice",
				   "'tool_choice' is required but none of the "
				   "'tools' is supported.");
	if (q->tool_choice != CHAT_TOOLS_NAMED)
		return true;
	for (size_t i = 0; i < q->n_tools; i++)
		if (strcmp(q->tools[i].name, q->tool_name) == 0)
			return true;
	return error_field(e, ERROR_VALUE, "tool_choice",
			   "'tool_choice' names '%.64s', which is not in "
			   "'tools'.",
			   q->tool_name);
}
