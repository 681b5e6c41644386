/* SPDX-License-Identifier: MIT */
/* The rules for values of one type. */
#include "upstream/schema/fit_internal.h"

#include <math.h>
#include <string.h>

#include "upstream/schema/object_internal.h"
#include "upstream/schema/types_internal.h"
#include "upstream/schema/words_internal.h"

static const struct range {
	const char *least, *most;
	bool size; /* a whole number from 0 */
} ranges[] = {
	{ "minLength", "maxLength", true },
	{ "minItems", "maxItems", true },
	{ "minProperties", "maxProperties", true },
	{ "minContains", "maxContains", true },
	{ "minimum", "maximum", false },
};

/* JSON Schema ignores keywords about other types; Kimi does not always. */
static void drop_foreign(cJSON *schema, const char *type)
{
	unsigned bit = schema_type_bit(type);

	for (cJSON *v = schema->child, *next; v != NULL; v = next) {
		next = v->next;
		if (schema_word_is_rule(v->string) &&
		    (schema_word_types(v->string) & bit) == 0)
			cJSON_Delete(cJSON_DetachItemViaPointer(schema, v));
	}
}

/* About as Kimi counts it: numbers count as text, too. */
static size_t bytes_of(const cJSON *values)
{
	size_t n = 0;
	const cJSON *v;

	cJSON_ArrayForEach(v, values)
		n += cJSON_IsString(v) ? strlen(v->valuestring) : 24;
	return n;
}

static void limit_enum(struct schema_work *w, const struct schema_place *at)
{
	const cJSON *values = schema_member(at->schema, "enum");

	if (cJSON_GetArraySize(values) <= SCHEMA_LONG_ENUM ||
	    bytes_of(values) <= SCHEMA_MAX_ENUM_BYTES)
		return;
	schema_lose(w, at, SCHEMA_LOSS_VALUES, schema_brief(w, values));
	schema_drop(at->schema, "enum");
}

/* Whether some value has the type. The others cannot be meant; if all are of
 * other types, the type was wrong. */
static bool fit_enum(struct schema_work *w, const struct schema_place *at,
		     const char *type)
{
	cJSON *values = schema_member(at->schema, "enum"), *all;

	if (values == NULL)
		return true;
	all = cJSON_Duplicate(values, true);
	schema_keep_fitting(values, type);
	if (values->child != NULL) {
		cJSON_Delete(all);
		limit_enum(w, at);
		return true;
	}
	schema_set(at->schema, "enum", all);
	schema_lose(w, at, SCHEMA_LOSS_ENUM, NULL);
	schema_drop(at->schema, "type");
	return false;
}

static void put_number(cJSON *schema, const char *key, double value)
{
	const cJSON *v = schema_member(schema, key);

	if (v->valuedouble != value) /* else it stays as it was written */
		schema_set(schema, key, cJSON_CreateNumber(value));
}

static void lose_limit(struct schema_work *w, const struct schema_place *at,
		       const char *key)
{
	const cJSON *v = schema_member(at->schema, key);

	schema_lose(w, at, SCHEMA_LOSS_LIMIT,
		    arena_printf(w->arena, "%s %s", key, schema_brief(w, v)));
	schema_drop(at->schema, key);
}

static void fit_least(struct schema_work *w, const struct schema_place *at,
		      const struct range *r, bool whole)
{
	const cJSON *v = schema_member(at->schema, r->least);

	if (v == NULL)
		return;
	if (!isfinite(v->valuedouble))
		lose_limit(w, at, r->least);
	else if (r->size && v->valuedouble < 0)
		schema_drop(at->schema, r->least);
	else if (whole)
		put_number(at->schema, r->least, ceil(v->valuedouble));
}

static void fit_most(struct schema_work *w, const struct schema_place *at,
		     const struct range *r, bool whole)
{
	const cJSON *v = schema_member(at->schema, r->most);

	if (v == NULL)
		return;
	if (!isfinite(v->valuedouble) || (r->size && v->valuedouble < 0))
		lose_limit(w, at, r->most);
	else if (whole)
		put_number(at->schema, r->most, floor(v->valuedouble));
}

/* A range that nothing is in, which Kimi refuses, is no range. */
static void fit_ranges(struct schema_work *w, const struct schema_place *at,
		       bool integer)
{
	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++) {
		const struct range *r = &ranges[i];
		const cJSON *least, *most;

		fit_least(w, at, r, r->size || integer);
		fit_most(w, at, r, r->size || integer);
		least = schema_member(at->schema, r->least);
		most = schema_member(at->schema, r->most);
		if (least == NULL || most == NULL ||
		    least->valuedouble <= most->valuedouble)
			continue;
		lose_limit(w, at, r->least);
		lose_limit(w, at, r->most);
	}
}

/* Any item may be in a list without `items`. */
static void fit_items(cJSON *schema)
{
	const cJSON *items = schema_member(schema, "items");

	if (cJSON_IsObject(items) && items->child == NULL)
		schema_drop(schema, "items");
}

void schema_fit_type(struct schema_work *w, const struct schema_place *at)
{
	cJSON *schema = at->schema;
	const char *type;

	type = cJSON_GetStringValue(schema_member(schema, "type"));
	if (!fit_enum(w, at, type)) {
		schema_split_types(schema);
		type = cJSON_GetStringValue(schema_member(schema, "type"));
		if (type == NULL)
			return; /* each branch is looked at as well */
	}
	drop_foreign(schema, type);
	fit_ranges(w, at, strcmp(type, "integer") == 0);
	fit_items(schema);
	if (strcmp(type, "object") == 0)
		schema_fit_object(w, at);
}

/* The keys of a value, and of all that is in it. */
static bool has_slash(const cJSON *value)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, value)
		if ((v->string != NULL && strchr(v->string, '/') != NULL) ||
		    has_slash(v))
			return true;
	return false;
}

/* The first keyword with a slash, in itself or in its value. */
static cJSON *find_slash(const cJSON *schema)
{
	static const char *const schemas[] = {
		"properties",		"items",       "anyOf",
		"additionalProperties", "prefixItems", NULL
	};
	cJSON *v;

	cJSON_ArrayForEach(v, schema)
		if (!schema_is_one_of(v->string, schemas) &&
		    (strchr(v->string, '/') != NULL || has_slash(v)))
			return v;
	return NULL;
}

void schema_fit_definition(struct schema_work *w, const struct schema_place *at)
{
	cJSON *v;

	while ((v = find_slash(at->schema)) != NULL) {
		v = cJSON_DetachItemViaPointer(at->schema, v);
		if (schema_word_is_rule(v->string))
			schema_lose(w, at, SCHEMA_LOSS_SLASH,
				    arena_printf(w->arena, "%s %s", v->string,
						 schema_brief(w, v)));
		cJSON_Delete(v);
	}
}
