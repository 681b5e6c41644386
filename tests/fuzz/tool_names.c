/* SPDX-License-Identifier: MIT */
/*
 * Any names of tools: what goes out is what Kimi takes, no two become one, what
 * comes back is what the client offered, and the order does not matter. The
 * input is lines: 'c' before a name makes it one of a call in the history, 't'
 * that of tool_choice, anything else that of a tool.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <string.h>

#include "upstream/api/tool_names.h"

#define MAX_NAMES 200
#define SEARCH "$web_search"

struct input {
	struct chat_tool tools[MAX_NAMES];
	struct chat_call calls[MAX_NAMES];
	struct chat_message message;
	struct chat_request request;
};

static void add(struct input *in, const char *line)
{
	struct chat_message *m = &in->message;
	struct chat_request *r = &in->request;

	if (*line == 'c' && m->n_calls < MAX_NAMES)
		in->calls[m->n_calls++].name = line + 1;
	else if (*line == 't')
		r->tool_name = line + 1;
	else if (*line != 'c' && r->n_tools < MAX_NAMES)
		in->tools[r->n_tools++] =
			(struct chat_tool){ .name = line + (*line != '\0'),
					    .parameters = "{}" };
}

static void read_input(struct input *in, struct arena *a, const uint8_t *data,
		       size_t size)
{
	char *rest = arena_copy_n(a, (const char *)data, size), *line;

	in->message = (struct chat_message){ .role = CHAT_ASSISTANT,
					     .calls = in->calls };
	in->request = (struct chat_request){ .tools = in->tools,
					     .messages = &in->message,
					     .n_messages = 1 };
	while ((line = strsep(&rest, "\n")) != NULL)
		add(in, line);
}

/* The same tools, last one first. */
static void turn_round(struct input *in)
{
	size_t n = in->request.n_tools;

	for (size_t i = 0; i < n / 2; i++) {
		struct chat_tool first = in->tools[i];

		in->tools[i] = in->tools[n - 1 - i];
		in->tools[n - 1 - i] = first;
	}
}

static bool is_kimis(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t n = strlen(name);

	return n > 0 && n <= 64 && strchr(letters, *name) != NULL &&
	       strspn(name + strspn(name, letters),
		      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		      "0123456789_-") == n - strspn(name, letters);
}

struct pair {
	const char *client, *kimi;
};

/* Each name that has gone out, as often as it stands in the request. */
static size_t pairs_of(struct pair *pairs, const struct chat_request *from,
		       const struct chat_request *to)
{
	size_t n = 0;

	assert(to->n_tools == from->n_tools);
	assert(to->messages->n_calls == from->messages->n_calls);
	for (size_t i = 0; i < from->n_tools; i++)
		pairs[n++] =
			(struct pair){ from->tools[i].name, to->tools[i].name };
	for (size_t i = 0; i < from->messages->n_calls; i++)
		pairs[n++] = (struct pair){ from->messages->calls[i].name,
					    to->messages->calls[i].name };
	if (from->tool_name != NULL)
		pairs[n++] = (struct pair){ from->tool_name, to->tool_name };
	return n;
}

static void check(const struct tool_names *names, const struct pair *pairs,
		  size_t n, bool builtins)
{
	for (size_t i = 0; i < n; i++) {
		const struct pair *p = &pairs[i];

		assert(is_kimis(p->kimi) ||
		       (builtins && strcmp(p->kimi, SEARCH) == 0));
		assert(!is_kimis(p->client) || strcmp(p->client, p->kimi) == 0);
		assert(strcmp(tool_names_back(names, p->kimi), p->client) == 0);
		for (size_t j = 0; j < i; j++)
			assert((strcmp(p->client, pairs[j].client) == 0) ==
			       (strcmp(p->kimi, pairs[j].kimi) == 0));
	}
}

static void check_order(struct arena *a, struct input *in,
			const struct tool_names *before, bool builtins)
{
	struct pair pairs[2 * MAX_NAMES + 1] = { 0 };
	const struct chat_request *to;
	struct tool_names names;
	size_t n;

	turn_round(in);
	to = tool_names_apply(&names, a, &in->request, builtins);
	n = pairs_of(pairs, &in->request, to);
	check(&names, pairs, n, builtins);
	for (size_t i = 0; i < n; i++)
		assert(strcmp(tool_names_back(before, pairs[i].kimi),
			      pairs[i].client) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pair pairs[2 * MAX_NAMES + 1] = { 0 };
	const struct chat_request *to;
	struct tool_names names;
	struct input in;
	struct arena a;

	arena_init(&a);
	read_input(&in, &a, data, size);
	for (int builtins = 0; builtins <= 1; builtins++) {
		to = tool_names_apply(&names, &a, &in.request, builtins);
		check(&names, pairs, pairs_of(pairs, &in.request, to),
		      builtins);
		check_order(&a, &in, &names, builtins);
	}
	arena_fini(&a);
	return 0;
}
