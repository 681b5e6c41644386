/* SPDX-License-Identifier: MIT */
/* The keywords of JSON schemas, and what their values must be. */
#include "upstream/schema/words_internal.h"

#include <string.h>

#define TEXT cJSON_String
#define NUMBER cJSON_Number
#define BOOL (cJSON_True | cJSON_False)
#define LIST cJSON_Array
#define MAP cJSON_Object
#define SCHEMA (MAP | BOOL)

#define OBJECT SCHEMA_OBJECT
#define ARRAY SCHEMA_ARRAY
#define STRING SCHEMA_STRING
#define NUMBERS (SCHEMA_NUMBER | SCHEMA_INTEGER)
#define ALL SCHEMA_ALL

/* `types`: whose values the keyword limits; 0: it limits nothing. */
static const struct word {
	const char *key;
	int value;
	unsigned types;
} words[] = {
	{ "description", TEXT, 0 },
	{ "title", TEXT, 0 },
	{ "$id", TEXT, 0 },
	{ "type", TEXT | LIST, ALL },
	{ "enum", LIST, ALL },
	{ "$ref", TEXT, ALL },
	{ "anyOf", LIST, ALL },
	{ "oneOf", LIST, ALL },
	{ "allOf", LIST, ALL },
	{ "not", SCHEMA, ALL },
	{ "if", SCHEMA, ALL },
	{ "then", SCHEMA, ALL },
	{ "else", SCHEMA, ALL },
	{ "properties", MAP, OBJECT },
	{ "required", LIST, OBJECT },
	{ "additionalProperties", SCHEMA, OBJECT },
	{ "patternProperties", MAP, OBJECT },
	{ "propertyNames", SCHEMA, OBJECT },
	{ "minProperties", NUMBER, OBJECT },
	{ "maxProperties", NUMBER, OBJECT },
	{ "dependentRequired", MAP, OBJECT },
	{ "dependentSchemas", MAP, OBJECT },
	{ "dependencies", MAP, OBJECT },
	{ "unevaluatedProperties", SCHEMA, OBJECT },
	{ "items", SCHEMA | LIST, ARRAY },
	{ "prefixItems", LIST, ARRAY },
	{ "additionalItems", SCHEMA, ARRAY },
	{ "minItems", NUMBER, ARRAY },
	{ "maxItems", NUMBER, ARRAY },
	{ "uniqueItems", BOOL, ARRAY },
	{ "contains", SCHEMA, ARRAY },
	{ "minContains", NUMBER, ARRAY },
	{ "maxContains", NUMBER, ARRAY },
	{ "unevaluatedItems", SCHEMA, ARRAY },
	{ "minLength", NUMBER, STRING },
	{ "maxLength", NUMBER, STRING },
	{ "pattern", TEXT, STRING },
	{ "format", TEXT, STRING | NUMBERS },
	{ "contentEncoding", TEXT, STRING },
	{ "contentMediaType", TEXT, STRING },
	{ "contentSchema", SCHEMA, STRING },
	{ "minimum", NUMBER, NUMBERS },
	{ "maximum", NUMBER, NUMBERS },
	{ "exclusiveMinimum", NUMBER | BOOL, NUMBERS },
	{ "exclusiveMaximum", NUMBER | BOOL, NUMBERS },
	{ "multipleOf", NUMBER, NUMBERS },
};

#define N_WORDS (sizeof(words) / sizeof(*words))

static const struct word *find(const char *key)
{
	for (size_t i = 0; i < N_WORDS; i++)
		if (*words[i].key == *key && strcmp(words[i].key, key) == 0)
			return &words[i];
	return NULL;
}

unsigned schema_word_types(const char *key)
{
	const struct word *word = find(key);

	return word == NULL ? 0 : word->types;
}

bool schema_word_is_rule(const char *key)
{
	return schema_word_types(key) != 0;
}

bool schema_word_stays(const char *key)
{
	static const char *const keys[] = { "not", "if", "then", "else", NULL };

	return schema_is_one_of(key, keys);
}

bool schema_has_rules(const cJSON *schema, const char *but)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, schema)
		if (schema_word_is_rule(v->string) &&
		    !schema_word_stays(v->string) &&
		    strcmp(v->string, but) != 0)
			return true;
	return false;
}

static void lose_word(struct schema_work *w, const struct schema_place *at,
		      const cJSON *value)
{
	schema_lose(w, at, SCHEMA_LOSS_WORD,
		    arena_printf(w->arena, "%s %s", value->string,
				 schema_brief(w, value)));
}

/* Of two members of one name the later one counts, as for Kimi. */
static void drop_earlier(cJSON *schema, const char *key)
{
	cJSON *v = schema_member(schema, key), *next;

	for (; v != NULL; v = next) {
		for (next = v->next; next != NULL; next = next->next)
			if (strcmp(next->string, key) == 0)
				break;
		if (next != NULL)
			cJSON_Delete(cJSON_DetachItemViaPointer(schema, v));
	}
}

/* A description that is a number or the like is still one. */
static bool describe(struct schema_work *w, cJSON *schema, const cJSON *value)
{
	const char *text;

	if (strcmp(value->string, "description") != 0 ||
	    !(value->type & (NUMBER | BOOL)))
		return false;
	text = json_print(w->arena, value);
	schema_set_text(schema, "description", text);
	return true;
}

/* Lists that say nothing, or nothing that Kimi would take. */
static bool is_empty_list(const cJSON *value)
{
	static const char *const keys[] = { "type",  "enum",  "anyOf",
					    "oneOf", "allOf", NULL };

	return cJSON_IsArray(value) && value->child == NULL &&
	       schema_is_one_of(value->string, keys);
}

static void check_word(struct schema_work *w, const struct schema_place *at,
		       cJSON *schema, const struct word *word)
{
	const cJSON *value;

	drop_earlier(schema, word->key);
	value = schema_member(schema, word->key);
	if (value == NULL ||
	    ((value->type & word->value) != 0 && !is_empty_list(value)) ||
	    describe(w, schema, value))
		return;
	if (word->value == MAP && cJSON_IsArray(value) &&
	    value->child == NULL) { /* so PHP writes an empty object */
		schema_set(schema, word->key, cJSON_CreateObject());
		return;
	}
	if (word->types != 0 && !cJSON_IsNull(value))
		lose_word(w, at, value);
	schema_drop(schema, word->key);
}

/* Most schemas have few of the many words. */
static void check_words(struct schema_work *w, const struct schema_place *at,
			cJSON *schema)
{
	bool present[N_WORDS] = { false };
	const cJSON *v;

	cJSON_ArrayForEach(v, schema) {
		const struct word *word = find(v->string);

		if (word != NULL)
			present[word - words] = true;
	}
	for (size_t i = 0; i < N_WORDS; i++)
		if (present[i])
			check_word(w, at, schema, &words[i]);
}

static void rename_word(cJSON *schema, const char *from, const char *to)
{
	cJSON *value = schema_take(schema, from);

	if (value == NULL)
		return;
	if (schema_member(schema, to) == NULL)
		cJSON_AddItemToObject(schema, to, value);
	else
		cJSON_Delete(value);
}

/* `const`, which Kimi does not know, is an `enum` of one; next to one it picks
 * its value from it. */
static void say_constant(cJSON *schema)
{
	cJSON *value = schema_take(schema, "const"), *list;

	if (value == NULL)
		return;
	list = cJSON_CreateArray();
	cJSON_AddItemToArray(list, value);
	schema_set(schema, "enum", list);
}

/* Draft 4: `exclusiveMinimum: true` says how `minimum` is meant. */
static void say_exclusive(cJSON *schema, const char *exclusive,
			  const char *limit)
{
	const cJSON *v = schema_member(schema, exclusive);

	if (!cJSON_IsBool(v))
		return;
	if (cJSON_IsTrue(v) && schema_member(schema, limit) != NULL) {
		schema_drop(schema, exclusive);
		rename_word(schema, limit, exclusive);
	} else {
		schema_drop(schema, exclusive);
	}
}

/*
 * A tuple, in the words of 2020-12. Kimi's `items` is about every item: after a
 * tuple there can be none. That no more items may follow is a number.
 */
static void say_tuple(struct schema_work *w, const struct schema_place *at,
		      cJSON *schema)
{
	cJSON *items = schema_member(schema, "items"), *rest;
	int n;

	if (cJSON_IsArray(items)) {
		rename_word(schema, "items", "prefixItems");
		rename_word(schema, "additionalItems", "items");
	}
	n = cJSON_GetArraySize(schema_member(schema, "prefixItems"));
	if (n == 0)
		schema_drop(schema, "prefixItems");
	rest = schema_member(schema, "items");
	if (cJSON_IsFalse(rest)) {
		const cJSON *most = schema_member(schema, "maxItems");

		if (most == NULL || most->valuedouble > n)
			schema_set(schema, "maxItems", cJSON_CreateNumber(n));
		schema_drop(schema, "items");
	} else if (cJSON_IsTrue(rest)) {
		schema_drop(schema, "items");
	} else if (rest != NULL && n > 0) {
		schema_lose(w, at, SCHEMA_LOSS_TUPLE, schema_brief(w, rest));
		schema_drop(schema, "items");
	}
}

/* A schema may be a boolean; some tools write the name of a type. */
static void make_object(struct schema_work *w, const struct schema_place *at,
			cJSON *schema)
{
	const char *type = schema_type_word(cJSON_GetStringValue(schema));
	int was = schema->type & 0xFF;

	schema_clear(schema);
	if (type != NULL)
		schema_set_text(schema, "type", type);
	else if (was == cJSON_False)
		schema_lose(w, at, SCHEMA_LOSS_NOTHING_FITS, NULL);
	else if (was != cJSON_True)
		schema_lose(w, at, SCHEMA_LOSS_NO_SCHEMA, NULL);
}

/* Beyond these sizes Kimi refuses; cut here, comparisons stay few, too. */
static void cut_lists(struct schema_work *w, const struct schema_place *at,
		      cJSON *schema)
{
	static const struct {
		const char *key;
		int most;
		enum schema_loss loss;
	} rows[] = {
		{ "enum", SCHEMA_MAX_VALUES, SCHEMA_LOSS_VALUES },
		{ "anyOf", SCHEMA_MAX_BRANCHES, SCHEMA_LOSS_ALTERNATIVES },
		{ "oneOf", SCHEMA_MAX_BRANCHES, SCHEMA_LOSS_ALTERNATIVES },
		{ "required", SCHEMA_MAX_PROPERTIES, SCHEMA_LOSS_REQUIRED },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const cJSON *list = schema_member(schema, rows[i].key);

		if (cJSON_GetArraySize(list) <= rows[i].most)
			continue;
		schema_lose(w, at, rows[i].loss, schema_brief(w, list));
		schema_drop(schema, rows[i].key);
	}
}

void schema_clean_words(struct schema_work *w, const struct schema_place *at,
			cJSON *schema)
{
	static const char *const elsewhere[] = { "$defs", "definitions",
						 "$schema", "$id", "$anchor" };

	if (!cJSON_IsObject(schema))
		make_object(w, at, schema);
	check_words(w, at, schema);
	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(*elsewhere); i++)
		schema_drop(schema, elsewhere[i]);
	if (cJSON_IsString(schema_member(schema, "regex")))
		rename_word(schema, "regex", "pattern");
	say_constant(schema);
	say_exclusive(schema, "exclusiveMinimum", "minimum");
	say_exclusive(schema, "exclusiveMaximum", "maximum");
	say_tuple(w, at, schema);
	cut_lists(w, at, schema);
}
