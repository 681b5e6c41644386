/* SPDX-License-Identifier: MIT */
/* Alternatives, for a Kimi that knows only anyOf, with nothing next to it. */
#include "upstream/schema/branches_internal.h"

#include "upstream/schema/types_internal.h"
#include "upstream/schema/words_internal.h"

#define MOST_COMPARED 64 /* branches, each with each other */
#define MOST_TAGS 16	 /* values by which one branch is told from others */
#define MOST_HOPS 8
#define MOST_COPIED 4000 /* values, for one anyOf */

bool schema_types_differ(const struct schema_work *w, const cJSON *x,
			 const cJSON *y)
{
	return (schema_types(w, x) & schema_types(w, y)) == 0;
}

/* What the schema is, if it is a reference. */
static const cJSON *resolve(const struct schema_work *w, const cJSON *schema)
{
	for (int hops = 0; hops < MOST_HOPS; hops++) {
		const char *ref =
			cJSON_GetStringValue(schema_member(schema, "$ref"));

		if (ref == NULL)
			return schema;
		schema = schema_target(w, ref);
	}
	return NULL;
}

/* Whether two lists of values, each possibly a single one, are of different
 * values. */
static bool values_differ(const cJSON *x, const cJSON *y)
{
	const cJSON *v, *u;

	if (cJSON_GetArraySize(x) > MOST_TAGS ||
	    cJSON_GetArraySize(y) > MOST_TAGS)
		return false;
	cJSON_ArrayForEach(v, x)
		cJSON_ArrayForEach(u, y)
			if (cJSON_Compare(v, u, true))
				return false;
	return x != NULL && y != NULL;
}

static bool tags_of_differ(const cJSON *x, const cJSON *y)
{
	const cJSON *one = schema_member(x, "const");
	const cJSON *other = schema_member(y, "const");
	const cJSON *v;

	if (one != NULL && other != NULL)
		return !cJSON_Compare(one, other, true);
	if (one == NULL && other == NULL)
		return values_differ(schema_member(x, "enum"),
				     schema_member(y, "enum"));
	cJSON_ArrayForEach(v, schema_member(one == NULL ? x : y, "enum"))
		if (cJSON_Compare(v, one == NULL ? other : one, true))
			return false;
	return schema_member(one == NULL ? x : y, "enum") != NULL;
}

static bool requires(const cJSON *schema, const char *name)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, schema_member(schema, "required"))
		if (schema_text_is(v, name))
			return true;
	return false;
}

/* Whether a property that both require has other values in each. */
static bool tagged(const struct schema_work *w, const cJSON *x, const cJSON *y)
{
	const cJSON *name;

	cJSON_ArrayForEach(name, schema_member(x, "required")) {
		const char *key = cJSON_GetStringValue(name);

		if (key != NULL && requires(y, key) &&
		    tags_of_differ(
			    resolve(w, schema_member(
					       schema_member(x, "properties"),
					       key)),
			    resolve(w, schema_member(
					       schema_member(y, "properties"),
					       key))))
			return true;
	}
	return false;
}

static bool exclude(const struct schema_work *w, const cJSON *x, const cJSON *y)
{
	if (schema_types_differ(w, x, y))
		return true;
	x = resolve(w, x);
	y = resolve(w, y);
	return tags_of_differ(x, y) || tagged(w, x, y);
}

static bool exclude_each_other(const struct schema_work *w, const cJSON *list)
{
	const cJSON *x, *y;

	if (cJSON_GetArraySize(list) > MOST_COMPARED)
		return false;
	cJSON_ArrayForEach(x, list)
		for (y = x->next; y != NULL; y = y->next)
			if (!exclude(w, x, y))
				return false;
	return true;
}

/* A part that must fit, too. */
static void add_part(cJSON *schema, cJSON *part)
{
	cJSON *all = schema_member(schema, "allOf");

	if (all == NULL)
		all = cJSON_AddArrayToObject(schema, "allOf");
	cJSON_AddItemToArray(all, part);
}

/* If at most one branch can fit, oneOf is the same as anyOf. */
static void say_one_of(struct schema_work *w, const struct schema_place *at,
		       cJSON *schema)
{
	cJSON *list = schema_take(schema, "oneOf"), *part;

	if (list == NULL)
		return;
	if (!exclude_each_other(w, list))
		schema_lose(w, at, SCHEMA_LOSS_OVERLAP, NULL);
	if (schema_member(schema, "anyOf") == NULL) {
		cJSON_AddItemToObject(schema, "anyOf", list);
		return;
	}
	part = cJSON_CreateObject();
	cJSON_AddItemToObject(part, "anyOf", list);
	add_part(schema, part);
}

/* Moves the rules of a schema into another one. */
static void move_rules(cJSON *from, cJSON *to)
{
	for (cJSON *v = from->child, *next; v != NULL; v = next) {
		next = v->next;
		if (!schema_word_is_rule(v->string) ||
		    schema_word_stays(v->string))
			continue;
		v = cJSON_DetachItemViaPointer(from, v);
		cJSON_AddItemToObject(to, v->string, v);
	}
}

/* OpenAPI's `nullable` next to a reference or to alternatives. */
static void say_nullable(cJSON *schema)
{
	cJSON *branch, *null, *list;

	if (!schema_take_nullable(schema) ||
	    (schema_member(schema, "$ref") == NULL &&
	     schema_member(schema, "anyOf") == NULL &&
	     schema_member(schema, "allOf") == NULL))
		return;
	branch = cJSON_CreateObject();
	move_rules(schema, branch);
	null = cJSON_CreateObject();
	schema_set_text(null, "type", "null");
	list = cJSON_AddArrayToObject(schema, "anyOf");
	cJSON_AddItemToArray(list, branch);
	cJSON_AddItemToArray(list, null);
}

/* A branch that nothing fits is none, if there are others. */
static void drop_false(cJSON *list)
{
	cJSON *v = list == NULL ? NULL : list->child, *next;

	for (; v != NULL; v = next) {
		next = v->next;
		if (cJSON_IsFalse(v) && list->child->next != NULL)
			cJSON_Delete(cJSON_DetachItemViaPointer(list, v));
	}
}

void schema_clean_branches(struct schema_work *w, const struct schema_place *at,
			   cJSON *schema)
{
	drop_false(schema_member(schema, "anyOf"));
	drop_false(schema_member(schema, "oneOf"));
	say_one_of(w, at, schema);
	say_nullable(schema);
}

/* Drops the branches that allow no type of those that the rules allow. */
static void drop_impossible(const struct schema_work *w, cJSON *list,
			    const cJSON *rules)
{
	for (cJSON *v = list->child, *next; v != NULL; v = next) {
		next = v->next;
		if (schema_types_differ(w, v, rules))
			cJSON_Delete(cJSON_DetachItemViaPointer(list, v));
	}
}

static bool any_possible(const struct schema_work *w, const cJSON *list,
			 const cJSON *rules)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, list)
		if (!schema_types_differ(w, v, rules))
			return true;
	return false;
}

/* Whether the rules may be there once for each branch. */
static bool affordable(const struct schema_work *w, const cJSON *list,
		       const cJSON *rules)
{
	size_t n = (size_t)cJSON_GetArraySize(list);
	size_t most = w->left < MOST_COPIED ? w->left : MOST_COPIED;

	return n == 0 || schema_count(rules, most) < most / n;
}

/* Takes both: the branches, each joined with the rules. */
static cJSON *join_each(struct schema_work *w, cJSON *list, cJSON *rules)
{
	cJSON *joined = cJSON_CreateArray(), *v;

	while ((v = cJSON_DetachItemFromArray(list, 0)) != NULL) {
		cJSON *both = cJSON_CreateObject();

		add_part(both, v);
		add_part(both,
			 list->child == NULL ? rules : schema_copy(w, rules));
		cJSON_AddItemToArray(joined, both);
	}
	cJSON_Delete(list);
	return joined;
}

void schema_distribute(struct schema_work *w, const struct schema_place *at)
{
	cJSON *schema = at->schema, *list, *rules;

	if (schema_member(schema, "anyOf") == NULL ||
	    !schema_has_rules(schema, "anyOf"))
		return;
	list = schema_take(schema, "anyOf");
	if (!any_possible(w, list, schema) || !affordable(w, list, schema)) {
		schema_lose(w, at, SCHEMA_LOSS_ALTERNATIVES,
			    schema_brief(w, list));
		cJSON_Delete(list);
		return;
	}
	rules = cJSON_CreateObject();
	move_rules(schema, rules);
	drop_impossible(w, list, rules);
	cJSON_AddItemToObject(schema, "anyOf", join_each(w, list, rules));
}
