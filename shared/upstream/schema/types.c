/* SPDX-License-Identifier: MIT */
/* The types that a schema allows. */
#include "upstream/schema/types_internal.h"

#include <string.h>

#include "upstream/schema/words_internal.h"

#define MOST_HOPS 8

/* A number may be an integer, too. */
static unsigned with_integers(unsigned bits)
{
	return bits & SCHEMA_NUMBER ? bits | SCHEMA_INTEGER : bits;
}

/* A word that is no type says nothing. */
static unsigned bits_of_word(const cJSON *v)
{
	const char *word = schema_type_word(cJSON_GetStringValue(v));

	return word == NULL ? SCHEMA_ALL : schema_type_bit(word);
}

/* Of a type or a list of types; 0: there is none. */
static unsigned bits_of(const cJSON *type)
{
	unsigned bits = cJSON_IsString(type) ? bits_of_word(type) : 0;
	const cJSON *v;

	cJSON_ArrayForEach(v, type)
		bits |= bits_of_word(v);
	return with_integers(bits);
}

/* The types of the values of an enum. */
static unsigned bits_of_values(const cJSON *values)
{
	unsigned bits = 0;
	const cJSON *v;

	cJSON_ArrayForEach(v, values)
		for (const char *const *type = schema_type_all(); *type != NULL;
		     type++)
			if (schema_type_fits(v, *type))
				bits |= schema_type_bit(*type);
	return with_integers(bits);
}

unsigned schema_types(const struct schema_work *w, const cJSON *schema)
{
	for (int hops = 0; hops < MOST_HOPS; hops++) {
		const cJSON *type = schema_member(schema, "type");
		const cJSON *values = schema_member(schema, "enum");
		const char *ref =
			cJSON_GetStringValue(schema_member(schema, "$ref"));

		if (schema_member(schema, "nullable") != NULL)
			break; /* it is not clean yet */
		if (bits_of(type) != 0)
			return bits_of(type);
		if (cJSON_IsArray(values) && values->child != NULL)
			return bits_of_values(values);
		schema = ref == NULL ? NULL : schema_target(w, ref);
	}
	return SCHEMA_ALL;
}

/* Whether the word says that any type will do. */
static bool says_any(const char *word)
{
	static const char *const words[] = { "any", "unknown", "mixed",
					     "*",   "",	       NULL };

	return schema_is_one_of(word, words);
}

static void add_word(cJSON *list, const char *word)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, list)
		if (schema_text_is(v, word))
			return;
	cJSON_AddItemToArray(list, cJSON_CreateString(word));
}

/* Adds a type to the list; false if it is none, so that any will do. */
static bool add_type(struct schema_work *w, const struct schema_place *at,
		     cJSON *list, const cJSON *v)
{
	const char *text = cJSON_GetStringValue(v);
	const char *word = schema_type_word(text);

	if (word != NULL)
		add_word(list, word);
	else if (text == NULL || !says_any(text))
		schema_lose(w, at, SCHEMA_LOSS_TYPE, schema_brief(w, v));
	return word != NULL;
}

/* Takes the list, which becomes `type` in its shortest form. */
static void put_types(cJSON *schema, cJSON *list)
{
	if (cJSON_GetArraySize(list) > 1) {
		schema_set(schema, "type", list);
		return;
	}
	schema_set_text(schema, "type", list->child->valuestring);
	cJSON_Delete(list);
}

bool schema_take_nullable(cJSON *schema)
{
	cJSON *v = schema_take(schema, "nullable");
	bool nullable = cJSON_IsTrue(v);

	cJSON_Delete(v);
	return nullable;
}

void schema_clean_type(struct schema_work *w, const struct schema_place *at,
		       cJSON *schema)
{
	const cJSON *type = schema_member(schema, "type"), *v;
	cJSON *list;
	bool limits = true;

	if (type == NULL)
		return;
	list = cJSON_CreateArray();
	if (cJSON_IsString(type))
		limits = add_type(w, at, list, type);
	cJSON_ArrayForEach(v, type)
		limits = add_type(w, at, list, v) && limits;
	if (schema_take_nullable(schema))
		add_word(list, "null");
	if (limits) {
		put_types(schema, list);
		return;
	}
	schema_drop(schema, "type");
	cJSON_Delete(list);
}

static bool allows(const cJSON *type, const char *word)
{
	return (bits_of(type) & schema_type_bit(word)) != 0;
}

static void add_common(cJSON *list, const cJSON *one, const cJSON *other)
{
	const cJSON *v = cJSON_IsArray(one) ? one->child : one;

	for (; v != NULL; v = cJSON_IsArray(one) ? v->next : NULL) {
		const char *word = v->valuestring;

		/* A number on one side, an integer on the other. */
		if (strcmp(word, "number") == 0 && !allows(other, word))
			word = "integer";
		if (allows(other, word))
			add_word(list, word);
	}
}

cJSON *schema_type_common(const cJSON *one, const cJSON *other)
{
	cJSON *list = cJSON_CreateArray(), *only;

	add_common(list, one, other);
	if (cJSON_GetArraySize(list) > 1)
		return list;
	only = cJSON_DetachItemFromArray(list, 0);
	cJSON_Delete(list);
	return only;
}

static bool all_fit(const cJSON *values, const char *type)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, values)
		if (!schema_type_fits(v, type))
			return false;
	return true;
}

/* The type that follows from other keywords, or NULL. */
static const char *implied_type(const cJSON *schema)
{
	const cJSON *values = schema_member(schema, "enum");

	for (const char *const *type = schema_type_all();
	     values != NULL && *type != NULL; type++)
		if (all_fit(values, *type))
			return *type;
	if (values != NULL)
		return NULL;
	if (schema_member(schema, "properties") != NULL ||
	    schema_member(schema, "additionalProperties") != NULL)
		return "object";
	if (schema_member(schema, "items") != NULL ||
	    schema_member(schema, "prefixItems") != NULL)
		return "array";
	return NULL;
}

void schema_keep_fitting(cJSON *values, const char *type)
{
	cJSON *v = values == NULL ? NULL : values->child, *next;

	for (; v != NULL; v = next) {
		next = v->next;
		if (!schema_type_fits(v, type))
			cJSON_Delete(cJSON_DetachItemViaPointer(values, v));
	}
}

/* The branch for one type, NULL if no value of that type is valid. */
static cJSON *branch_of(const cJSON *schema, const char *type)
{
	cJSON *branch = cJSON_CreateObject(), *values;
	const cJSON *v;

	cJSON_AddStringToObject(branch, "type", type);
	cJSON_ArrayForEach(v, schema)
		if (strcmp(v->string, "type") != 0 &&
		    !schema_word_stays(v->string) &&
		    (schema_word_types(v->string) & schema_type_bit(type)) != 0)
			cJSON_AddItemToObject(branch, v->string,
					      cJSON_Duplicate(v, true));
	values = schema_member(branch, "enum");
	schema_keep_fitting(values, type);
	if (values == NULL || values->child != NULL)
		return branch;
	cJSON_Delete(branch);
	return NULL;
}

static void drop_rules(cJSON *schema)
{
	for (cJSON *v = schema->child, *next; v != NULL; v = next) {
		next = v->next;
		if (schema_word_is_rule(v->string) &&
		    !schema_word_stays(v->string))
			cJSON_Delete(cJSON_DetachItemViaPointer(schema, v));
	}
}

/* An anyOf with a branch for each type. Few keywords are about more than one
 * type, so hardly anything is there twice. */
static void split(cJSON *schema, const cJSON *list)
{
	cJSON *branches = cJSON_CreateArray();
	const cJSON *v;

	cJSON_ArrayForEach(v, list)
		if (strcmp(v->valuestring, "integer") != 0 ||
		    (bits_of(list) & SCHEMA_NUMBER) == 0)
			cJSON_AddItemToArray(branches,
					     branch_of(schema, v->valuestring));
	if (branches->child == NULL) { /* no value of the enum has a type */
		schema_drop(schema, "type");
		cJSON_Delete(branches);
		schema_split_types(schema);
		return;
	}
	drop_rules(schema);
	cJSON_AddItemToObject(schema, "anyOf", branches);
}

static cJSON *all_types(void)
{
	static const char *const all[] = { "string", "number", "boolean",
					   "object", "array",  "null" };

	return cJSON_CreateStringArray(all, sizeof(all) / sizeof(*all));
}

void schema_split_types(cJSON *schema)
{
	const cJSON *type = schema_member(schema, "type");
	const char *implied = implied_type(schema);
	cJSON *list;

	if (cJSON_IsString(type))
		return;
	if (type == NULL && implied != NULL) {
		schema_set_text(schema, "type", implied);
		return;
	}
	list = type == NULL ? all_types() : cJSON_Duplicate(type, true);
	split(schema, list);
	cJSON_Delete(list);
}
