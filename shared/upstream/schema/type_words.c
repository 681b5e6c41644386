/* SPDX-License-Identifier: MIT */
/* The words for the types of JSON values. */
#include "upstream/schema/type_words_internal.h"

#include <math.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *word;
	enum schema_type bit;
	const char *alias[4];
} types[] = {
	{ "string", SCHEMA_STRING, { "str", "text", NULL } },
	{ "number", SCHEMA_NUMBER, { "float", "double", "decimal", NULL } },
	{ "integer", SCHEMA_INTEGER, { "int", "long", NULL } },
	{ "boolean", SCHEMA_BOOLEAN, { "bool", NULL } },
	{ "object", SCHEMA_OBJECT, { "dict", "map", NULL } },
	{ "array", SCHEMA_ARRAY, { "list", "tuple", NULL } },
	{ "null", SCHEMA_NULL, { "none", "nil", NULL } },
};

#define N_TYPES (sizeof(types) / sizeof(*types))

static bool is_word(size_t i, const char *word)
{
	if (strcasecmp(types[i].word, word) == 0)
		return true;
	for (const char *const *alias = types[i].alias; *alias != NULL; alias++)
		if (strcasecmp(*alias, word) == 0)
			return true;
	return false;
}

const char *schema_type_word(const char *word)
{
	for (size_t i = 0; word != NULL && i < N_TYPES; i++)
		if (is_word(i, word))
			return types[i].word;
	return NULL;
}

unsigned schema_type_bit(const char *word)
{
	for (size_t i = 0; i < N_TYPES; i++)
		if (strcmp(types[i].word, word) == 0)
			return types[i].bit;
	return 0;
}

bool schema_type_fits(const cJSON *v, const char *type)
{
	switch (schema_type_bit(type)) {
	case SCHEMA_STRING:
		return cJSON_IsString(v);
	case SCHEMA_NUMBER:
		return cJSON_IsNumber(v) && isfinite(v->valuedouble);
	case SCHEMA_INTEGER:
		return cJSON_IsNumber(v) && isfinite(v->valuedouble) &&
		       v->valuedouble == floor(v->valuedouble);
	case SCHEMA_BOOLEAN:
		return cJSON_IsBool(v);
	case SCHEMA_OBJECT:
		return cJSON_IsObject(v);
	case SCHEMA_ARRAY:
		return cJSON_IsArray(v);
	default:
		return cJSON_IsNull(v);
	}
}

const char *const *schema_type_all(void)
{
	static const char *const all[] = { "string",  "number", "integer",
					   "boolean", "object", "array",
					   "null",    NULL };

	return all;
}
