/* SPDX-License-Identifier: MIT */
/* Moonshot flavored JSON Schema: the rules for enum, texts and limits. */
#include <math.h>
#include <string.h>

#include "schema_rules.h"

static const cJSON *keyword(const cJSON *schema, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(schema, name);
}

static bool value_is(const cJSON *value, const char *type)
{
	if (!strcmp(type, "string"))
		return cJSON_IsString(value);
	if (!strcmp(type, "integer"))
		return cJSON_IsNumber(value) &&
		       floor(value->valuedouble) == value->valuedouble;
	if (!strcmp(type, "number"))
		return cJSON_IsNumber(value);
	if (!strcmp(type, "boolean"))
		return cJSON_IsBool(value);
	if (!strcmp(type, "null"))
		return cJSON_IsNull(value);
	return strcmp(type, "array") ? cJSON_IsObject(value) :
				       cJSON_IsArray(value);
}

static bool has_type(const cJSON *value, const cJSON *type)
{
	const cJSON *one;

	if (cJSON_IsString(type))
		return value_is(value, type->valuestring);
	cJSON_ArrayForEach(one, type)
		if (value_is(value, one->valuestring))
			return true;
	return false;
}

/* Kimi counts numbers as text, too; 8 bytes are about right. */
static size_t bytes_of(const cJSON *values)
{
	size_t n = 0;
	const cJSON *v;

	cJSON_ArrayForEach(v, values)
		n += cJSON_IsString(v) ? strlen(v->valuestring) : 8;
	return n;
}

static const char *enum_fault(const cJSON *schema)
{
	const cJSON *values = keyword(schema, "enum"), *v;
	const cJSON *type = keyword(schema, "type");
	int n = cJSON_GetArraySize(values);

	if (!values)
		return NULL;
	if (!cJSON_IsArray(values) || !n)
		return "enum must be an array and cannot be empty";
	if (n > SCHEMA_RULES_VALUES)
		return "enum array cannot have more items";
	cJSON_ArrayForEach(v, values)
		if (!has_type(v, type))
			return "enum value does not match any type";
	if (n > SCHEMA_RULES_LONG_ENUM &&
	    bytes_of(values) > SCHEMA_RULES_ENUM_BYTES)
		return "total string length of enum values exceeds maximum "
		       "limit";
	return NULL;
}

static bool is_limit(const cJSON *limit, bool whole, bool size)
{
	return !limit ||
	       (cJSON_IsNumber(limit) && isfinite(limit->valuedouble) &&
		(!whole || floor(limit->valuedouble) == limit->valuedouble) &&
		(!size || limit->valuedouble >= 0));
}

static bool is_range(const cJSON *schema, const char *least, const char *most,
		     bool size)
{
	const cJSON *type = keyword(schema, "type");
	bool whole = size || (cJSON_IsString(type) &&
			      !strcmp(type->valuestring, "integer"));
	const cJSON *low = keyword(schema, least);
	const cJSON *high = keyword(schema, most);

	return is_limit(low, whole, size) && is_limit(high, whole, size) &&
	       (!low || !high || low->valuedouble <= high->valuedouble);
}

const char *schema_rules_values(const cJSON *schema, const char **below)
{
	static const char *const texts[] = { "description", "title", "$id",
					     "pattern" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		*below = texts[i];
		if (keyword(schema, texts[i]) &&
		    !cJSON_IsString(keyword(schema, texts[i])))
			return "it must be a string";
	}
	*below = "enum";
	if (enum_fault(schema))
		return enum_fault(schema);
	*below = "";
	if (!is_range(schema, "minLength", "maxLength", true) ||
	    !is_range(schema, "minItems", "maxItems", true) ||
	    !is_range(schema, "minimum", "maximum", false))
		return "limits must be numbers, and the lower not greater "
		       "than the upper";
	return NULL;
}
