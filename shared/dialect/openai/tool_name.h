/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_OPENAI_TOOL_NAME_H
#define DIALECT_OPENAI_TOOL_NAME_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/key_index.h"

/* A tool as the client knows it, found by the name that Kimi calls it. */
struct openai_tool_name {
	const char *name;
	const char *space; /* the namespace it is in; or NULL */
	bool custom;	   /* takes free text */
	bool search;	   /* finds tools, which the client then loads */
};

/* The names of the request's `tools`, and those that were made so far of tools
 * in namespaces. */
struct openai_tool_spaces {
	struct arena *arena;
	const cJSON *tools; /* NULL: none */
	struct key_index made;
	const char **flat;
	size_t n, room;
};

void openai_tool_spaces_init(struct openai_tool_spaces *s, struct arena *a,
			     const cJSON *tools);

/*
 * The one name that Kimi gets; `space` NULL: the name itself. `b__c` in the
 * namespace `a` and `c` in `a__b` would have the same, `a__b__c`: that stays
 * with the tool of that very name, or else of the namespace that comes first in
 * the request's `tools`; any other gets a hash at its end.
 */
const char *openai_tool_name_flat(struct openai_tool_spaces *s,
				  const char *space, const char *name);

/* The reverse: finds the tool of that name in the request's `tools`. */
struct openai_tool_name openai_tool_name_origin(const cJSON *tools,
						const char *name);

#endif
