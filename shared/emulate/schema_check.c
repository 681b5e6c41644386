/* SPDX-License-Identifier: MIT */
/* Checks a reply against the schema that was asked for. */
#include "emulate/schema_check.h"

#include <math.h>
#include <string.h>

/*
 * Anything deeper, or after more steps, is taken as valid: threads have small
 * stacks, and references may lead in circles.
 */
#define MAX_DEPTH 64
#define MAX_STEPS 100000

struct checker {
	const cJSON *root;
	struct arena *arena;
	unsigned depth, steps;
};

/* A value being checked; `path` is "reply.list[2].name". */
struct place {
	const cJSON *value;
	const char *path;
	const cJSON *schema;
};

static const char *check(struct checker *c, struct place p);

static bool is_type(const cJSON *value, const char *type)
{
	static const struct {
		const char *name;
		int bits;
	} types[] = {
		{ "object", cJSON_Object },
		{ "array", cJSON_Array },
		{ "string", cJSON_String },
		{ "number", cJSON_Number },
		{ "integer", cJSON_Number },
		{ "boolean", cJSON_True | cJSON_False },
		{ "null", cJSON_NULL },
	};

	if (strcmp(type, "integer") == 0 && cJSON_IsNumber(value) &&
	    value->valuedouble != floor(value->valuedouble))
		return false;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (strcmp(types[i].name, type) == 0)
			return (value->type & types[i].bits) != 0;
	return true; /* an unknown type */
}

static const char *check_type(struct checker *c, struct place p,
			      const cJSON *type)
{
	const cJSON *one;

	if (cJSON_IsString(type) && !is_type(p.value, type->valuestring))
		return arena_printf(c->arena, "%s must be of type %s", p.path,
				    type->valuestring);
	if (!cJSON_IsArray(type))
		return NULL;
	cJSON_ArrayForEach(one, type)
		if (cJSON_IsString(one) && is_type(p.value, one->valuestring))
			return NULL;
	return arena_printf(c->arena, "%s must be of one of the types %s",
			    p.path, json_print(c->arena, type));
}

static const char *check_enum(struct checker *c, struct place p,
			      const cJSON *list)
{
	const cJSON *one;

	if (!cJSON_IsArray(list))
		return NULL;
	cJSON_ArrayForEach(one, list)
		if (cJSON_Compare(p.value, one, true))
			return NULL;
	return arena_printf(c->arena, "%s must be one of %.200s", p.path,
			    json_print(c->arena, list));
}

static const char *check_const(struct checker *c, struct place p,
			       const cJSON *word)
{
	if (cJSON_Compare(p.value, word, true))
		return NULL;
	return arena_printf(c->arena, "%s must be %.200s", p.path,
			    json_print(c->arena, word));
}

static const char *check_minimum(struct checker *c, struct place p,
				 const cJSON *min)
{
	if (!cJSON_IsNumber(p.value) || !cJSON_IsNumber(min) ||
	    p.value->valuedouble >= min->valuedouble)
		return NULL;
	return arena_printf(c->arena, "%s must be at least %s", p.path,
			    json_print(c->arena, min));
}

static const char *check_maximum(struct checker *c, struct place p,
				 const cJSON *max)
{
	if (!cJSON_IsNumber(p.value) || !cJSON_IsNumber(max) ||
	    p.value->valuedouble <= max->valuedouble)
		return NULL;
	return arena_printf(c->arena, "%s must be at most %s", p.path,
			    json_print(c->arena, max));
}

static const char *check_required(struct checker *c, struct place p,
				  const cJSON *names)
{
	const cJSON *name;

	if (!cJSON_IsObject(p.value))
		return NULL;
	cJSON_ArrayForEach(name, names)
		if (cJSON_IsString(name) &&
		    cJSON_GetObjectItemCaseSensitive(p.value,
						     name->valuestring) == NULL)
			return arena_printf(c->arena, "%s lacks \"%.80s\"",
					    p.path, name->valuestring);
	return NULL;
}

static const char *check_member(struct checker *c, struct place p,
				const cJSON *v, const cJSON *schema)
{
	p.path = arena_printf(c->arena, "%.200s.%.80s", p.path, v->string);
	p.value = v;
	p.schema = schema;
	return check(c, p);
}

/* The same value against another schema. */
static const char *check_same(struct checker *c, struct place p,
			      const cJSON *schema)
{
	p.schema = schema;
	return check(c, p);
}

static const char *check_properties(struct checker *c, struct place p,
				    const cJSON *properties)
{
	const cJSON *v;

	if (!cJSON_IsObject(p.value))
		return NULL;
	cJSON_ArrayForEach(v, p.value) {
		const cJSON *schema =
			cJSON_GetObjectItemCaseSensitive(properties, v->string);
		const char *fault;

		if (schema == NULL)
			continue;
		fault = check_member(c, p, v, schema);
		if (fault != NULL)
			return fault;
	}
	return NULL;
}

/* The keyword is about members that `properties` does not name. */
static const char *check_additional(struct checker *c, struct place p,
				    const cJSON *rest)
{
	const cJSON *properties = json_at(p.schema, "properties"), *v;
	const char *fault = NULL;

	if (!cJSON_IsObject(p.value) ||
	    json_at(p.schema, "patternProperties") != NULL)
		return NULL;
	cJSON_ArrayForEach(v, p.value) {
		if (cJSON_GetObjectItemCaseSensitive(properties, v->string) !=
		    NULL)
			continue;
		if (cJSON_IsFalse(rest))
			return arena_printf(c->arena,
					    "%s must not have \"%.80s\"",
					    p.path, v->string);
		fault = check_member(c, p, v, rest);
		if (fault != NULL)
			return fault;
	}
	return fault;
}

static const char *check_items(struct checker *c, struct place p,
			       const cJSON *schema)
{
	const cJSON *v;
	int i = 0;

	if (!cJSON_IsArray(p.value) || !cJSON_IsObject(schema))
		return NULL;
	cJSON_ArrayForEach(v, p.value) {
		struct place item = {
			v, arena_printf(c->arena, "%.200s[%d]", p.path, i++),
			schema
		};
		const char *fault = check(c, item);

		if (fault != NULL)
			return fault;
	}
	return NULL;
}

static const char *check_min(struct checker *c, struct place p,
			     const cJSON *min)
{
	int n = cJSON_GetArraySize(p.value);

	if (!cJSON_IsArray(p.value) || !cJSON_IsNumber(min) ||
	    n >= min->valuedouble)
		return NULL;
	return arena_printf(c->arena, "%s has %d items, which is too few",
			    p.path, n);
}

static const char *check_max(struct checker *c, struct place p,
			     const cJSON *max)
{
	int n = cJSON_GetArraySize(p.value);

	if (!cJSON_IsArray(p.value) || !cJSON_IsNumber(max) ||
	    n <= max->valuedouble)
		return NULL;
	return arena_printf(c->arena, "%s has %d items, which is too many",
			    p.path, n);
}

static const char *check_all(struct checker *c, struct place p,
			     const cJSON *list)
{
	const char *fault = NULL;
	const cJSON *one;

	cJSON_ArrayForEach(one, list) {
		fault = check_same(c, p, one);
		if (fault != NULL)
			return fault;
	}
	return fault;
}

static const char *check_any(struct checker *c, struct place p,
			     const cJSON *list)
{
	const char *fault = NULL;
	const cJSON *one;

	cJSON_ArrayForEach(one, list) {
		fault = check_same(c, p, one);
		if (fault == NULL)
			return NULL;
	}
	/* With one alternative and null, the last fault says most. */
	return fault;
}

static const char *check_one(struct checker *c, struct place p,
			     const cJSON *list)
{
	const char *fault = check_any(c, p, list);
	const cJSON *one;
	int fitting = 0;

	if (fault != NULL)
		return fault;
	cJSON_ArrayForEach(one, list)
		fitting += check_same(c, p, one) == NULL;
	if (fitting <= 1)
		return NULL;
	return arena_printf(
		c->arena, "%s fits more than one alternative of oneOf", p.path);
}

/* "#/$defs/name". Other references are not followed. */
static const char *check_ref(struct checker *c, struct place p,
			     const cJSON *ref)
{
	const cJSON *at = c->root;
	const char *path = cJSON_IsString(ref) ? ref->valuestring : "";

	if (*path != '#')
		return NULL;
	for (path++; at != NULL && *path == '/';) {
		size_t n = strcspn(++path, "/");

		at = cJSON_GetObjectItemCaseSensitive(
			at, arena_copy_n(c->arena, path, n));
		path += n;
	}
	return at == NULL ? NULL : check_same(c, p, at);
}

static const struct {
	const char *name;
	const char *(*check)(struct checker *c, struct place p,
			     const cJSON *word);
} words[] = {
	{ "$ref", check_ref },
	{ "type", check_type },
	{ "enum", check_enum },
	{ "const", check_const },
	{ "minimum", check_minimum },
	{ "maximum", check_maximum },
	{ "minItems", check_min },
	{ "maxItems", check_max },
	{ "required", check_required },
	{ "properties", check_properties },
	{ "additionalProperties", check_additional },
	{ "items", check_items },
	{ "allOf", check_all },
	{ "anyOf", check_any },
	{ "oneOf", check_one },
};

static const char *check(struct checker *c, struct place p)
{
	const char *fault = NULL;

	if (!cJSON_IsObject(p.schema) || c->depth >= MAX_DEPTH ||
	    c->steps >= MAX_STEPS)
		return NULL;
	c->depth++;
	c->steps++;
	for (size_t i = 0; fault == NULL && i < sizeof(words) / sizeof(*words);
	     i++) {
		const cJSON *word = cJSON_GetObjectItemCaseSensitive(
			p.schema, words[i].name);

		if (word != NULL)
			fault = words[i].check(c, p, word);
	}
	c->depth--;
	return fault;
}

const char *schema_check(const cJSON *value, const cJSON *schema,
			 struct arena *a)
{
	struct checker c = { .root = schema, .arena = a };

	return check(&c, (struct place){ value, "reply", schema });
}
