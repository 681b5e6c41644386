/* SPDX-License-Identifier: MIT */
/* The tools that a `tool_choice` of the type allowed_tools leaves. */
#include "dialect/openai/allowed_tools.h"

#include <stdlib.h>
#include <string.h>

static int by_text(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

void openai_allowed_tools_keep(struct arena *a, struct chat_request *request,
			       const char **names, size_t n)
{
	const struct chat_tool *tools = request->tools;
	struct chat_tool *kept =
		arena_array(a, request->n_tools, sizeof(*kept));
	size_t n_kept = 0;

	if (n > 0)
		qsort(names, n, sizeof(*names), by_text);
	for (size_t i = 0; n > 0 && i < request->n_tools; i++)
		if (bsearch(&tools[i].name, names, n, sizeof(*names),
			    by_text) != NULL)
			kept[n_kept++] = tools[i];
	request->tools = kept;
	request->n_tools = n_kept;
}
