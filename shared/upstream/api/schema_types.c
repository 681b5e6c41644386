/* SPDX-License-Identifier: MIT */
/* Which keywords of a JSON schema concern which type. */
#include "upstream/api/schema_types.h"

#include <string.h>

static cJSON *member(const cJSON *schema, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(schema, key);
}

const char *schema_types_of(const cJSON *v)
{
	if (cJSON_IsString(v))
		return "string";
	if (cJSON_IsNumber(v))
		return "number";
	if (cJSON_IsBool(v))
		return "boolean";
	if (cJSON_IsNull(v))
		return "null";
	return cJSON_IsObject(v) ? "object" : "array";
}

/* Keywords that stay outside when the others become a branch. */
static bool describes(const char *key)
{
	static const char *const keys[] = { "title", "description", "default",
					    "examples", "$defs" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (strcmp(key, keys[i]) == 0)
			return true;
	return false;
}

/* Whether a keyword is about values of that type. */
static bool concerns(const char *key, const char *type)
{
	static const struct {
		const char *key, *type;
	} rows[] = {
		{ "properties", "object" },
		{ "required", "object" },
		{ "additionalProperties", "object" },
		{ "items", "array" },
		{ "prefixItems", "array" },
		{ "minItems", "array" },
		{ "maxItems", "array" },
		{ "uniqueItems", "array" },
		{ "minLength", "string" },
		{ "maxLength", "string" },
		{ "pattern", "string" },
		{ "format", "string" },
		{ "minimum", "number integer" },
		{ "maximum", "number integer" },
		{ "exclusiveMinimum", "number integer" },
		{ "exclusiveMaximum", "number integer" },
		{ "multipleOf", "number integer" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (strcmp(rows[i].key, key) == 0)
			return strstr(rows[i].type, type) != NULL;
	return strcmp(key, "type") != 0 && !describes(key);
}

bool schema_types_fit(const cJSON *v, const char *type)
{
	if (strcmp(type, "integer") == 0)
		return cJSON_IsNumber(v);
	return strcmp(schema_types_of(v), type) == 0;
}

static void keep_values(cJSON *values, const char *type)
{
	cJSON *v = values == NULL ? NULL : values->child;

	while (v != NULL) {
		cJSON *next = v->next;

		if (!schema_types_fit(v, type))
			cJSON_Delete(cJSON_DetachItemViaPointer(values, v));
		v = next;
	}
}

/* The branch for one type; NULL: no value of that type is valid. */
static cJSON *branch_of(const cJSON *schema, const char *type)
{
	cJSON *branch = cJSON_CreateObject(), *values;
	const cJSON *item;

	cJSON_AddStringToObject(branch, "type", type);
	cJSON_ArrayForEach(item, schema)
		if (concerns(item->string, type))
			cJSON_AddItemToObject(branch, item->string,
					      cJSON_Duplicate(item, true));
	values = member(branch, "enum");
	keep_values(values, type);
	item = member(branch, "const");
	if ((values == NULL || values->child != NULL) &&
	    (item == NULL || schema_types_fit(item, type)))
		return branch;
	cJSON_Delete(branch);
	return NULL;
}

static void drop_all_but_description(cJSON *schema)
{
	cJSON *item = schema->child;

	while (item != NULL) {
		cJSON *next = item->next;

		if (!describes(item->string))
			cJSON_Delete(cJSON_DetachItemViaPointer(schema, item));
		item = next;
	}
}

void schema_types_split(cJSON *schema, const char *const *types)
{
	cJSON *branches = cJSON_CreateArray();

	for (; *types != NULL; types++)
		cJSON_AddItemToArray(branches, branch_of(schema, *types));
	drop_all_but_description(schema);
	cJSON_AddItemToObject(schema, "anyOf", branches);
}
