/* SPDX-License-Identifier: MIT */
/* Moonshot flavored JSON Schema: the rules for references as a whole. */
#include <stdlib.h>
#include <string.h>

#include "schema_rules.h"

/* NOLINTBEGIN(misc-no-recursion): a schema is a tree of limited depth */

#define STEPS 500000 /* more ways through references: refused */

static const cJSON *keyword(const cJSON *schema, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(schema, name);
}

/* What can be referred to: each schema once, with its mark. */
struct cycles {
	const cJSON *root;
	bool *marks; /* of the root, and of each definition */
	int steps;
};

/* The place of a reference's target in the marks; -1: it is none. The part
 * behind the name of a definition does not matter. */
static int target(const struct cycles *c, const cJSON *schema, const cJSON **at)
{
	const char *url = cJSON_GetStringValue(keyword(schema, "$ref"));
	const cJSON *v;
	int i = 1;

	if (!url)
		return -1;
	*at = c->root;
	if (strcmp(url, "#") == 0)
		return 0;
	url += strlen("#/$defs/");
	cJSON_ArrayForEach(v, keyword(c->root, "$defs")) {
		size_t n = strlen(v->string);

		*at = v;
		if (!strncmp(v->string, url, n) &&
		    (url[n] == '\0' || url[n] == '/'))
			return i;
		i++;
	}
	return -1;
}

/* Whether a finite value fits, if one does for each marked definition. */
static bool ends(const struct cycles *c, const cJSON *schema)
{
	const cJSON *any = keyword(schema, "anyOf"), *v, *to;
	const cJSON *items = keyword(schema, "items");
	const cJSON *least = keyword(schema, "minItems");
	int i = target(c, schema, &to);

	if (i >= 0)
		return c->marks[i];
	cJSON_ArrayForEach(v, any)
		if (ends(c, v))
			return true;
	if (any)
		return false;
	cJSON_ArrayForEach(v, keyword(schema, "required"))
		if (!ends(c, keyword(keyword(schema, "properties"),
				     v->valuestring)))
			return false;
	return !items || !least || least->valuedouble < 1 || ends(c, items);
}

static bool all_end(struct cycles *c)
{
	bool more = true, all = true;

	while (more) {
		const cJSON *defs = keyword(c->root, "$defs"), *v;
		int i = 1;

		more = false;
		all = true;
		if (!c->marks[0] && ends(c, c->root))
			more = c->marks[0] = true;
		cJSON_ArrayForEach(v, defs) {
			if (!c->marks[i] && ends(c, v))
				more = c->marks[i] = true;
			all = c->marks[i++] && all;
		}
	}
	return all && c->marks[0];
}

static int max(int a, int b)
{
	return a > b ? a : b;
}

/* How many properties are in each other below, with each definition followed
 * once on a way. */
static int depth(struct cycles *c, const cJSON *schema)
{
	const cJSON *more = keyword(schema, "additionalProperties"), *v, *to;
	int most = 0, i = target(c, schema, &to);

	if (++c->steps > STEPS)
		return 0;
	if (i >= 0 && !c->marks[i]) {
		c->marks[i] = true;
		most = depth(c, to);
		c->marks[i] = false;
	}
	cJSON_ArrayForEach(v, keyword(schema, "properties"))
		most = max(most, 1 + depth(c, v));
	cJSON_ArrayForEach(v, keyword(schema, "anyOf"))
		most = max(most, depth(c, v));
	return max(most, more ? depth(c, more) : 0);
}

/* From each reference on, all definitions are new. */
static int whole_depth(struct cycles *c, const cJSON *schema)
{
	static const char *const single[] = { "items", "additionalProperties" };
	const cJSON *v;
	int most = depth(c, schema);

	for (size_t i = 0; i < 2; i++) {
		v = keyword(schema, single[i]);
		most = max(most, v ? whole_depth(c, v) : 0);
	}
	cJSON_ArrayForEach(v, keyword(schema, "properties"))
		most = max(most, 1 + whole_depth(c, v));
	cJSON_ArrayForEach(v, keyword(schema, "anyOf"))
		most = max(most, whole_depth(c, v));
	return most;
}

static const char *check(struct cycles *c)
{
	const cJSON *v;
	int most;

	if (!all_end(c))
		return "detected infinite recursion without termination "
		       "condition";
	memset(c->marks, 0,
	       sizeof(*c->marks) * (1 + (size_t)cJSON_GetArraySize(
						keyword(c->root, "$defs"))));
	most = whole_depth(c, c->root);
	cJSON_ArrayForEach(v, keyword(c->root, "$defs"))
		most = max(most, whole_depth(c, v));
	if (c->steps > STEPS)
		return "reference graph is too complex to validate within "
		       "the step budget";
	return most > SCHEMA_RULES_DEPTH ? "schema depth exceeds maximum "
					   "limit" :
					   NULL;
}

const char *schema_rules_cycles(const cJSON *root)
{
	const cJSON *defs = keyword(root, "$defs");
	struct cycles c = { .root = root };
	const char *wrong;

	c.marks =
		calloc(1 + (size_t)cJSON_GetArraySize(defs), sizeof(*c.marks));
	if (!c.marks)
		abort();
	wrong = check(&c);
	free(c.marks);
	return wrong;
}

/* NOLINTEND(misc-no-recursion) */
