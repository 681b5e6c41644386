/* SPDX-License-Identifier: MIT */
/* Walks through a tree of any depth without recursion. */
#include "base/json_trail_internal.h"

#include <stdlib.h>

#define FIRST_ROOM 16

static void push(struct json_trail *t, const cJSON *parent)
{
	if (t->depth == t->room) {
		t->room = t->room == 0 ? FIRST_ROOM : 2 * t->room;
		t->parents = realloc(t->parents, t->room * sizeof(*t->parents));
		if (t->parents == NULL)
			abort();
	}
	t->parents[t->depth++] = parent;
}

cJSON *json_trail_next(struct json_trail *t, const cJSON *root, const cJSON *v)
{
	if (v->child != NULL) {
		push(t, v);
		return v->child;
	}
	while (v != root && v->next == NULL)
		v = t->parents[--t->depth];
	return v == root ? NULL : v->next;
}

void json_trail_fini(struct json_trail *t)
{
	free(t->parents);
	*t = (struct json_trail){ 0 };
}
