/* SPDX-License-Identifier: MIT */
/* Joins two schemas, keyword by keyword. */
#include "upstream/schema/join_internal.h"

#include <string.h>

#include "upstream/schema/branches_internal.h"
#include "upstream/schema/types_internal.h"
#include "upstream/schema/words_internal.h"

#define MOST_PRODUCTS 36 /* of the branches of two anyOf */

/* Two values of one keyword. `old` is in the schema; `new` is not owned. */
struct pair {
	struct schema_work *work;
	const struct schema_place *at;
	cJSON *old, *new;
};

static void lose_new(const struct pair *p)
{
	schema_lose(p->work, p->at, SCHEMA_LOSS_RULE,
		    arena_printf(p->work->arena, "%s %s", p->new->string,
				 schema_brief(p->work, p->new)));
}

/* Takes `value` in the place of the old one. */
static void put(const struct pair *p, cJSON *value)
{
	schema_set(p->at->schema, p->new->string, value);
}

static void join_types(struct pair *p)
{
	cJSON *common = schema_type_common(p->old, p->new);

	if (common == NULL)
		lose_new(p);
	else
		put(p, common);
}

static bool has_value(const cJSON *list, const cJSON *value)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, list)
		if (cJSON_Compare(v, value, true))
			return true;
	return false;
}

static void join_values(struct pair *p)
{
	cJSON *common = cJSON_CreateArray();
	const cJSON *v;

	cJSON_ArrayForEach(v, p->old)
		if (has_value(p->new, v))
			cJSON_AddItemToArray(common, cJSON_Duplicate(v, true));
	if (common->child != NULL) {
		put(p, common);
		return;
	}
	cJSON_Delete(common);
	lose_new(p);
}

static void join_lists(struct pair *p)
{
	cJSON *v;

	while ((v = cJSON_DetachItemFromArray(p->new, 0)) != NULL) {
		if (has_value(p->old, v))
			cJSON_Delete(v);
		else
			cJSON_AddItemToArray(p->old, v);
	}
}

/* The list of a schema that is an allOf and nothing else; else NULL. */
static cJSON *parts_of(const cJSON *schema)
{
	cJSON *all = schema_member(schema, "allOf");

	return cJSON_IsArray(all) && all == schema->child && all->next == NULL ?
		       all :
		       NULL;
}

/* A schema that is both. Takes both. What joins a thousand schemas, one by one,
 * must not be a thousand levels deep. */
static cJSON *both_of(cJSON *one, cJSON *other)
{
	cJSON *all = parts_of(one), *both;

	if (all != NULL) {
		cJSON_AddItemToArray(all, other);
		return one;
	}
	both = cJSON_CreateObject();
	all = cJSON_AddArrayToObject(both, "allOf");
	cJSON_AddItemToArray(all, one);
	cJSON_AddItemToArray(all, other);
	return both;
}

/* Schemas by name. */
static void join_maps(struct pair *p)
{
	while (p->new->child != NULL) {
		cJSON *v = cJSON_DetachItemViaPointer(p->new, p->new->child);
		cJSON *known = schema_member(p->old, v->string);

		if (known == NULL) {
			cJSON_AddItemToObject(p->old, v->string, v);
			continue;
		}
		known = cJSON_DetachItemViaPointer(p->old, known);
		cJSON_AddItemToObject(p->old, v->string, both_of(known, v));
	}
}

/* A schema, which may be true or false. */
static void join_schemas(struct pair *p)
{
	const char *key = p->new->string;
	cJSON *old;

	if (cJSON_IsTrue(p->new) || cJSON_IsFalse(p->old))
		return;
	if (cJSON_IsTrue(p->old) || cJSON_IsFalse(p->new)) {
		put(p, cJSON_Duplicate(p->new, true));
		return;
	}
	old = schema_take(p->at->schema, key);
	cJSON_AddItemToObject(p->at->schema, key,
			      both_of(old, cJSON_Duplicate(p->new, true)));
}

static void join_lower(struct pair *p)
{
	if (p->new->valuedouble > p->old->valuedouble)
		put(p, cJSON_Duplicate(p->new, true));
}

static void join_upper(struct pair *p)
{
	if (p->new->valuedouble < p->old->valuedouble)
		put(p, cJSON_Duplicate(p->new, true));
}

static void join_unique(struct pair *p)
{
	if (cJSON_IsTrue(p->new))
		put(p, cJSON_CreateTrue());
}

static void join_descriptions(struct pair *p)
{
	schema_describe(p->work, p->at->schema, p->new->valuestring);
}

/* A branch for every two that can both fit. */
static cJSON *multiply(struct pair *p)
{
	cJSON *list = cJSON_CreateArray();
	const cJSON *x, *y;

	cJSON_ArrayForEach(x, p->old)
		cJSON_ArrayForEach(y, p->new) {
			cJSON *one, *other;

			if (schema_types_differ(p->work, x, y))
				continue;
			one = schema_copy(p->work, x);
			other = schema_copy(p->work, y);
			if (one != NULL && other != NULL) {
				cJSON_AddItemToArray(list, both_of(one, other));
				continue;
			}
			cJSON_Delete(one);
			cJSON_Delete(other);
			cJSON_Delete(list);
			return NULL;
		}
	return list;
}

static void join_branches(struct pair *p)
{
	int n = cJSON_GetArraySize(p->old) * cJSON_GetArraySize(p->new);
	cJSON *list;

	if (cJSON_Compare(p->old, p->new, true))
		return;
	list = n <= MOST_PRODUCTS ? multiply(p) : NULL;
	if (list != NULL && list->child != NULL) {
		put(p, list);
		return;
	}
	cJSON_Delete(list);
	lose_new(p);
}

static void join_others(struct pair *p)
{
	if (schema_word_is_rule(p->new->string) &&
	    !cJSON_Compare(p->old, p->new, true))
		lose_new(p);
}

static const struct {
	const char *key;
	void (*join)(struct pair *p);
} joins[] = {
	{ "type", join_types },
	{ "enum", join_values },
	{ "anyOf", join_branches },
	{ "required", join_lists },
	{ "properties", join_maps },
	{ "patternProperties", join_maps },
	{ "dependentSchemas", join_maps },
	{ "items", join_schemas },
	{ "additionalProperties", join_schemas },
	{ "minimum", join_lower },
	{ "exclusiveMinimum", join_lower },
	{ "minLength", join_lower },
	{ "minItems", join_lower },
	{ "minProperties", join_lower },
	{ "maximum", join_upper },
	{ "exclusiveMaximum", join_upper },
	{ "maxLength", join_upper },
	{ "maxItems", join_upper },
	{ "maxProperties", join_upper },
	{ "uniqueItems", join_unique },
	{ "description", join_descriptions },
};

static void join_word(struct pair *p)
{
	for (size_t i = 0; i < sizeof(joins) / sizeof(*joins); i++)
		if (strcmp(joins[i].key, p->new->string) == 0) {
			joins[i].join(p);
			return;
		}
	join_others(p);
}

/* if, then and else are one rule: of two such rules the first stays. */
static void join_conditions(struct schema_work *w,
			    const struct schema_place *at, cJSON *part)
{
	static const char *const keys[] = { "if", "then", "else" };
	const char *said = "";

	if (schema_member(part, "if") == NULL ||
	    schema_member(at->schema, "if") == NULL)
		return;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		const cJSON *v = schema_member(part, keys[i]);

		if (v == NULL)
			continue;
		said = arena_printf(w->arena, "%s%s%s %s", said,
				    *said == '\0' ? "" : ", ", keys[i],
				    schema_brief(w, v));
		schema_drop(part, keys[i]);
	}
	schema_lose(w, at, SCHEMA_LOSS_RULE, said);
}

/* Whether `schema` limits properties that only `other` names. */
static bool limits_others(const cJSON *schema, const cJSON *other)
{
	const cJSON *rest = schema_member(schema, "additionalProperties"), *v;
	const cJSON *known = schema_member(schema, "properties");

	if (rest == NULL || cJSON_IsTrue(rest))
		return false;
	cJSON_ArrayForEach(v, schema_member(other, "properties"))
		if (schema_member(known, v->string) == NULL)
			return true;
	return false;
}

void schema_join(struct schema_work *w, const struct schema_place *at,
		 cJSON *part)
{
	if (limits_others(at->schema, part) || limits_others(part, at->schema))
		schema_lose(w, at, SCHEMA_LOSS_REST,
			    "only those that each part allows");
	join_conditions(w, at, part);
	while (part->child != NULL) {
		cJSON *v = cJSON_DetachItemViaPointer(part, part->child);
		struct pair p = { .work = w,
				  .at = at,
				  .old = schema_member(at->schema, v->string),
				  .new = v };

		if (p.old == NULL) {
			cJSON_AddItemToObject(at->schema, v->string, v);
			continue;
		}
		join_word(&p);
		cJSON_Delete(v);
	}
}
