/* SPDX-License-Identifier: MIT */
/* Names of tools on their way to Kimi and back. */
#include "upstream/api/tool_names.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define LONGEST 64
#define HASH_DIGITS 8
#define SEARCH "$web_search"
#define PREFIX "tool_" /* where the first character is no letter */

struct tool_name {
	const char *client, *kimi;
	const char *clean; /* NULL: goes out as it is */
	bool declared;	   /* it is in the request's list of tools */
};

/* --- One name --- */

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_allowed(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static bool is_kimis(const char *name)
{
	size_t n = 0;

	while (is_allowed(name[n]))
		n++;
	return name[n] == '\0' && is_letter(*name) && n <= LONGEST;
}

/* Each character that Kimi refuses becomes an underscore. */
static const char *cleaned(struct arena *a, const char *name)
{
	char *clean = arena_alloc(a, strlen(PREFIX) + strlen(name) + 1);
	char *out = clean;

	if (!is_letter(*name)) {
		memcpy(out, PREFIX, strlen(PREFIX));
		out += strlen(PREFIX);
	}
	for (const char *p = name; *p != '\0'; p++)
		if (is_allowed(*p))
			*out++ = *p;
		else if (((unsigned char)*p & 0xC0) != 0x80)
			*out++ = '_';
	return clean;
}

/* `round` makes another one where that is taken too. */
static const char *hashed(struct arena *a, const struct tool_name *name,
			  unsigned round)
{
	char hash[HASH_SIZE];

	hash_text(round == 0 ? name->client :
			       arena_printf(a, "%s %u", name->client, round),
		  hash);
	return arena_printf(a, "%.*s_%.*s", LONGEST - HASH_DIGITS - 1,
			    name->clean, HASH_DIGITS, hash);
}

/* --- All names of a request --- */

struct visitor {
	/* False ends the visit. */
	bool (*name)(struct visitor *v, const char *name, bool declared);
	bool search; /* SEARCH goes out as it is */

	struct arena *arena;
	struct tool_name *names;
	size_t n, room;
};

static bool goes_out(const struct visitor *v, const char *name)
{
	return is_kimis(name) || (v->search && strcmp(name, SEARCH) == 0);
}

static bool visit_message(struct visitor *v, const struct chat_message *m)
{
	if (m->role == CHAT_TOOL && m->name != NULL &&
	    !v->name(v, m->name, false))
		return false;
	for (size_t i = 0; i < m->n_calls; i++)
		if (!v->name(v, m->calls[i].name, false))
			return false;
	return true;
}

static bool visit(struct visitor *v, const struct chat_request *r)
{
	if (r->tool_name != NULL && !v->name(v, r->tool_name, false))
		return false;
	for (size_t i = 0; i < r->n_tools; i++)
		if (!v->name(v, r->tools[i].name, true))
			return false;
	for (size_t i = 0; i < r->n_messages; i++)
		if (!visit_message(v, &r->messages[i]))
			return false;
	return true;
}

static bool only_goes_out(struct visitor *v, const char *name, bool declared)
{
	(void)declared;
	return goes_out(v, name);
}

static bool add(struct visitor *v, const char *name, bool declared)
{
	v->names = arena_grow(v->arena, v->names, &v->room, v->n + 1,
			      sizeof(*v->names));
	v->names[v->n++] =
		(struct tool_name){ .client = name, .declared = declared };
	return true;
}

/* Kimi's own tools have no parameters. */
static bool declares_search(const struct chat_request *r)
{
	for (size_t i = 0; i < r->n_tools; i++)
		if (r->tools[i].parameters != NULL &&
		    strcmp(r->tools[i].name, SEARCH) == 0)
			return true;
	return false;
}

/* --- Their replacements --- */

static int by_client(const void *x, const void *y)
{
	const struct tool_name *one = x, *other = y;

	return strcmp(one->client, other->client);
}

/* The one that comes first keeps a name that several would have. */
static int by_kimi(const void *x, const void *y)
{
	const struct tool_name *one = *(const struct tool_name *const *)x;
	const struct tool_name *other = *(const struct tool_name *const *)y;
	int order = strcmp(one->kimi, other->kimi);

	if (order == 0)
		order = (one->clean != NULL) - (other->clean != NULL);
	if (order == 0)
		order = other->declared - one->declared;
	return order != 0 ? order : strcmp(one->client, other->client);
}

/* Each name once. */
static size_t unite(struct tool_name *names, size_t n)
{
	size_t kept = 0;

	qsort(names, n, sizeof(*names), by_client);
	for (size_t i = 0; i < n; i++)
		if (kept > 0 && by_client(&names[kept - 1], &names[i]) == 0)
			names[kept - 1].declared |= names[i].declared;
		else
			names[kept++] = names[i];
	return kept;
}

static void choose(struct visitor *v, struct tool_name *name)
{
	name->kimi = name->client;
	if (goes_out(v, name->client))
		return;
	name->kimi = name->clean = cleaned(v->arena, name->client);
	if (strlen(name->clean) > LONGEST)
		name->kimi = hashed(v->arena, name, 0);
}

/* Until no two are equal. */
static void set_apart(struct tool_name **names, size_t n, struct arena *a)
{
	unsigned round = 0;
	bool again = true;

	while (again) {
		const char *last = NULL;

		again = false;
		qsort(names, n, sizeof(*names), by_kimi);
		for (size_t i = 0; i < n; i++) {
			if (last == NULL || strcmp(last, names[i]->kimi) != 0) {
				last = names[i]->kimi;
				continue;
			}
			names[i]->kimi = hashed(a, names[i], round);
			again = true;
		}
		round++;
	}
}

static void learn(struct tool_names *t, struct visitor *v)
{
	size_t n = unite(v->names, v->n);
	struct tool_name **replies = arena_array(v->arena, n, sizeof(*replies));

	for (size_t i = 0; i < n; i++) {
		choose(v, &v->names[i]);
		replies[i] = &v->names[i];
	}
	set_apart(replies, n, v->arena);
	*t = (struct tool_names){ .names = v->names,
				  .replies = replies,
				  .n = n };
}

/* --- The request --- */

static const char *kimis(const struct tool_names *t, const char *client)
{
	const struct tool_name key = { .client = client }, *found;

	found = bsearch(&key, t->names, t->n, sizeof(key), by_client);
	assert(found != NULL);
	return found->kimi;
}

/* Other texts of the request may speak of the tool. */
static struct chat_tool rename_tool(const struct tool_names *t, struct arena *a,
				    const struct chat_tool *tool)
{
	struct chat_tool renamed = *tool;
	const char *between = tool->description == NULL ? "" : "\n\n";

	renamed.name = kimis(t, tool->name);
	if (renamed.name != tool->name)
		renamed.description = arena_printf(
			a, "%s%sElsewhere this tool is called \"%s\".",
			tool->description == NULL ? "" : tool->description,
			between, tool->name);
	return renamed;
}

static struct chat_message rename_calls(const struct tool_names *t,
					struct arena *a,
					const struct chat_message *m)
{
	struct chat_call *calls = arena_array(a, m->n_calls, sizeof(*calls));
	struct chat_message renamed = *m;

	for (size_t i = 0; i < m->n_calls; i++) {
		calls[i] = m->calls[i];
		calls[i].name = kimis(t, m->calls[i].name);
	}
	renamed.calls = calls;
	if (m->role == CHAT_TOOL && m->name != NULL)
		renamed.name = kimis(t, m->name);
	return renamed;
}

static const struct chat_request *rename_all(const struct tool_names *t,
					     struct arena *a,
					     const struct chat_request *r)
{
	struct chat_request *renamed = arena_alloc(a, sizeof(*renamed));
	struct chat_tool *tools = arena_array(a, r->n_tools, sizeof(*tools));
	struct chat_message *messages =
		arena_array(a, r->n_messages, sizeof(*messages));

	for (size_t i = 0; i < r->n_tools; i++)
		tools[i] = rename_tool(t, a, &r->tools[i]);
	for (size_t i = 0; i < r->n_messages; i++)
		messages[i] = rename_calls(t, a, &r->messages[i]);
	*renamed = *r;
	renamed->tools = tools;
	renamed->messages = messages;
	if (r->tool_name != NULL)
		renamed->tool_name = kimis(t, r->tool_name);
	return renamed;
}

const struct chat_request *tool_names_apply(struct tool_names *t,
					    struct arena *a,
					    const struct chat_request *r,
					    bool builtins)
{
	struct visitor v = { .name = only_goes_out,
			     .search = builtins && !declares_search(r),
			     .arena = a };

	*t = (struct tool_names){ 0 };
	if (visit(&v, r))
		return r;
	v.name = add;
	visit(&v, r);
	learn(t, &v);
	return rename_all(t, a, r);
}

const char *tool_names_back(const struct tool_names *t, const char *name)
{
	size_t from = 0, to = t->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = strcmp(t->replies[middle]->kimi, name);

		if (order == 0)
			return t->replies[middle]->client;
		if (order < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return name;
}
