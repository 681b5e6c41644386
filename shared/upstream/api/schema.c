/* SPDX-License-Identifier: MIT */
/* Rewrites JSON schemas for Kimi without changing their meaning. */
#include "upstream/api/schema.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "upstream/api/schema_types.h"

#define LONGEST_REF 256

/* A schema that is still to be normalized. */
struct pending {
	struct pending *next;
	cJSON *schema;
	const char *path; /* below the root, "" for that: "properties.a" */
};

struct normalizer {
	struct arena *arena;
	struct error *error;
	cJSON *root;
	const char *param; /* the client's name for the root; or NULL */
	const char *path;  /* of the schema at hand */
	struct pending *pending;
};

static const char *const type_names[] = { "string",  "number", "integer",
					  "boolean", "object", "array",
					  "null",    NULL };

static bool refuse(struct normalizer *m, const char *what)
{
	const char *param = m->param == NULL ? "" : m->param;

	if (*m->path == '\0')
		return error_field(m->error, ERROR_VALUE, param,
				   "Kimi does not accept the JSON schema: %s.",
				   what);
	return error_field(m->error, ERROR_VALUE,
			   m->param == NULL ? "" :
					      arena_printf(m->arena, "%s.%s",
							   param, m->path),
			   "Kimi does not accept the JSON schema at '%s': %s.",
			   m->path, what);
}

/* Has a schema below this one normalized after it. */
static void add_below(struct normalizer *m, cJSON *schema, const char *key,
		      const char *name)
{
	struct pending *p = arena_alloc(m->arena, sizeof(*p));

	p->schema = schema;
	p->path = arena_printf(m->arena, "%s%s%s%s%s", m->path,
			       *m->path == '\0' ? "" : ".", key,
			       name == NULL ? "" : ".",
			       name == NULL ? "" : name);
	p->next = m->pending;
	m->pending = p;
}

static cJSON *member(const cJSON *schema, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(schema, key);
}

static void rename_member(cJSON *schema, const char *from, const char *to)
{
	cJSON *item = cJSON_DetachItemFromObjectCaseSensitive(schema, from);

	if (item != NULL && !cJSON_AddItemToObject(schema, to, item))
		cJSON_Delete(item);
}

static bool has_type(const cJSON *schema, const char *name)
{
	const cJSON *type = member(schema, "type");

	return cJSON_IsString(type) && strcmp(type->valuestring, name) == 0;
}

/* The types of a schema that may have several, each once. */
struct type_list {
	const char *names[8]; /* ended by NULL */
	size_t n;
};

/* Once: everything below is copied for each, at every level. */
static void add_type(struct type_list *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->names[i], name) == 0)
			return;
	if (list->n + 1 < sizeof(list->names) / sizeof(*list->names))
		list->names[list->n++] = name;
}

/* {"type": ["string", "null"]}, and OpenAPI's {"nullable": true}. */
static bool normalize_type_list(struct normalizer *m, cJSON *schema)
{
	const cJSON *type = member(schema, "type"), *v;
	struct type_list list = { 0 };
	bool nullable = cJSON_IsTrue(member(schema, "nullable"));

	cJSON_DeleteItemFromObjectCaseSensitive(schema, "nullable");
	if (cJSON_IsString(type) && nullable) {
		add_type(&list, type->valuestring);
	} else if (cJSON_IsArray(type)) {
		cJSON_ArrayForEach(v, type)
			if (cJSON_IsString(v))
				add_type(&list, v->valuestring);
	} else {
		return true;
	}
	if (nullable)
		add_type(&list, "null");
	if (list.n == 0)
		return refuse(m, "'type' is an empty list");
	if (list.n == 1) {
		cJSON_ReplaceItemInObjectCaseSensitive(
			schema, "type", cJSON_CreateString(list.names[0]));
		return true;
	}
	/* The names are copied before the list that holds them is deleted. */
	schema_types_split(schema, list.names);
	return true;
}

/* `type` beside anyOf goes into the branches. */
static bool normalize_any_of(struct normalizer *m, cJSON *schema)
{
	cJSON *branches = member(schema, "anyOf"), *branch;
	cJSON *type = member(schema, "type");

	if (branches == NULL || type == NULL)
		return true;
	if (!cJSON_IsString(type))
		return refuse(m, "'type' next to 'anyOf' must be a single "
				 "type");
	cJSON_ArrayForEach(branch, branches) {
		if (member(branch, "type") == NULL &&
		    member(branch, "$ref") == NULL)
			cJSON_AddStringToObject(branch, "type",
						type->valuestring);
		else if (!has_type(branch, type->valuestring))
			return refuse(m, "'type' next to 'anyOf' differs from "
					 "the type of a branch; move it into "
					 "the branches");
	}
	cJSON_DeleteItemFromObjectCaseSensitive(schema, "type");
	return true;
}

/* The value by which objects are distinguished, if there is one. */
static const cJSON *tag_of(const cJSON *branch, const char *name)
{
	const cJSON *property = member(member(branch, "properties"), name);
	const cJSON *values = member(property, "enum"), *v;
	bool required = false;

	cJSON_ArrayForEach(v, member(branch, "required"))
		required = required || (cJSON_IsString(v) &&
					strcmp(v->valuestring, name) == 0);
	if (!required)
		return NULL;
	if (cJSON_GetArraySize(values) == 1)
		return values->child;
	return member(property, "const");
}

static bool tags_differ(const cJSON *x, const cJSON *y)
{
	const cJSON *property;

	cJSON_ArrayForEach(property, member(x, "properties")) {
		const cJSON *p = tag_of(x, property->string);
		const cJSON *q = tag_of(y, property->string);

		if (p != NULL && q != NULL && !cJSON_Compare(p, q, true))
			return true;
	}
	return false;
}

static bool types_differ(const cJSON *x, const cJSON *y)
{
	const cJSON *p = member(x, "type"), *q = member(y, "type");

	if (!cJSON_IsString(p) || !cJSON_IsString(q))
		return false;
	return strcmp(p->valuestring, q->valuestring) != 0 &&
	       !(strstr("number integer", p->valuestring) != NULL &&
		 strstr("number integer", q->valuestring) != NULL);
}

/* If at most one branch can fit, oneOf is the same as anyOf. */
static bool normalize_one_of(struct normalizer *m, cJSON *schema)
{
	const cJSON *branches = member(schema, "oneOf"), *x, *y;

	if (branches == NULL)
		return true;
	if (member(schema, "anyOf") != NULL)
		return refuse(m, "it has both 'oneOf' and 'anyOf'");
	cJSON_ArrayForEach(x, branches)
		for (y = x->next; y != NULL; y = y->next)
			if (!types_differ(x, y) && !tags_differ(x, y))
				return refuse(m, "the branches of 'oneOf' do "
						 "not exclude each other by "
						 "type or by a constant; use "
						 "'anyOf'");
	rename_member(schema, "oneOf", "anyOf");
	return true;
}

/* One schema in allOf is that schema. */
static bool normalize_all_of(struct normalizer *m, cJSON *schema)
{
	cJSON *list = cJSON_DetachItemFromObjectCaseSensitive(schema, "allOf");
	cJSON *only = list == NULL ? NULL : list->child, *item;
	bool plain = only != NULL && only->next == NULL && cJSON_IsObject(only);

	cJSON_ArrayForEach(item, only)
		plain = plain && member(schema, item->string) == NULL;
	while (plain && (item = only->child) != NULL) {
		item = cJSON_DetachItemViaPointer(only, item);
		cJSON_AddItemToObject(schema, item->string, item);
	}
	cJSON_Delete(list);
	return list == NULL || plain ||
	       refuse(m, "'allOf' combines several schemas; merge them into "
			 "one");
}

static bool normalize_ref(struct normalizer *m, cJSON *schema)
{
	static const char old[] = "#/definitions/";
	const cJSON *ref = member(schema, "$ref");
	const char *path = cJSON_GetStringValue(ref);
	char renamed[LONGEST_REF];

	if (ref == NULL)
		return true;
	if (path != NULL && strncmp(path, old, strlen(old)) == 0) {
		snprintf(renamed, sizeof(renamed), "#/$defs/%s",
			 path + strlen(old));
		cJSON_ReplaceItemInObjectCaseSensitive(
			schema, "$ref", cJSON_CreateString(renamed));
		path = cJSON_GetStringValue(member(schema, "$ref"));
	}
	if (path == NULL || strncmp(path, "#/$defs/", 8) != 0 ||
	    member(member(m->root, "$defs"), path + 8) == NULL)
		return refuse(m, "'$ref' must refer to #/$defs/ of the same "
				 "schema");
	return true;
}

/* Tuples have another keyword, and `true` allows anything. */
static bool normalize_items(struct normalizer *m, cJSON *schema)
{
	const cJSON *items = member(schema, "items");

	if (cJSON_IsArray(items))
		rename_member(schema, "items", "prefixItems");
	else if (cJSON_IsTrue(items))
		cJSON_DeleteItemFromObjectCaseSensitive(schema, "items");
	else if (items != NULL && !cJSON_IsObject(items))
		return refuse(m, "'items' must be a schema");
	return true;
}

static bool all_values_are(const cJSON *values, const char *type)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, values)
		if (!schema_types_fit(v, type))
			return false;
	return true;
}

/* The type that follows from other keywords, or NULL. */
static const char *implied_type(const cJSON *schema)
{
	const cJSON *values = member(schema, "enum");
	const cJSON *constant = member(schema, "const");

	if (constant != NULL)
		return schema_types_of(constant);
	for (size_t i = 0; values != NULL && type_names[i] != NULL; i++)
		if (values->child != NULL &&
		    all_values_are(values, type_names[i]))
			return type_names[i];
	if (member(schema, "properties") != NULL ||
	    member(schema, "additionalProperties") != NULL)
		return "object";
	if (member(schema, "items") != NULL ||
	    member(schema, "prefixItems") != NULL)
		return "array";
	return NULL;
}

static void normalize_missing_type(cJSON *schema)
{
	static const char *const all[] = { "string", "number", "boolean",
					   "object", "array",  "null",
					   NULL };
	const char *type = implied_type(schema);

	if (member(schema, "type") != NULL || member(schema, "anyOf") != NULL ||
	    member(schema, "$ref") != NULL)
		return;
	if (type != NULL)
		cJSON_AddStringToObject(schema, "type", type);
	else
		schema_types_split(schema, all);
}

/* The keywords whose values are schemas. */
static void add_all_below(struct normalizer *m, const cJSON *schema)
{
	static const char *const named[] = { "properties", "$defs" };
	static const char *const listed[] = { "anyOf", "prefixItems" };
	cJSON *items = member(schema, "items"), *child;

	for (size_t i = 0; i < 2; i++)
		cJSON_ArrayForEach(child, member(schema, named[i]))
			add_below(m, child, named[i], child->string);
	for (size_t i = 0; i < 2; i++)
		cJSON_ArrayForEach(child, member(schema, listed[i]))
			add_below(m, child, listed[i], NULL);
	if (items != NULL)
		add_below(m, items, "items", NULL);
	child = member(schema, "additionalProperties");
	if (cJSON_IsObject(child) && child->child != NULL)
		add_below(m, child, "additionalProperties", NULL);
}

static bool normalize_one(struct normalizer *m, cJSON *schema)
{
	if (cJSON_IsTrue(schema)) {
		schema->type = cJSON_Object; /* the same as {} */
	} else if (!cJSON_IsObject(schema)) {
		return refuse(m, "it must be an object");
	}
	if (!normalize_ref(m, schema) || !normalize_all_of(m, schema) ||
	    !normalize_type_list(m, schema) || !normalize_one_of(m, schema) ||
	    !normalize_any_of(m, schema) || !normalize_items(m, schema))
		return false;
	normalize_missing_type(schema);
	add_all_below(m, schema);
	return true;
}

/* The root is an object in any case; it holds the definitions. */
static bool normalize_root(struct normalizer *m)
{
	cJSON_DeleteItemFromObjectCaseSensitive(m->root, "$schema");
	cJSON_DeleteItemFromObjectCaseSensitive(m->root, "$id");
	if (member(m->root, "definitions") != NULL &&
	    member(m->root, "$defs") == NULL)
		rename_member(m->root, "definitions", "$defs");
	if (m->root->child == NULL)
		cJSON_AddItemToObject(m->root, "properties",
				      cJSON_CreateObject());
	if (member(m->root, "type") == NULL &&
	    member(m->root, "properties") != NULL)
		cJSON_AddStringToObject(m->root, "type", "object");
	return normalize_one(m, m->root) &&
	       (has_type(m->root, "object") ||
		refuse(m, "the root must have the type object"));
}

static bool normalize_all(struct normalizer *m)
{
	if (!normalize_root(m))
		return false;
	while (m->pending != NULL) {
		cJSON *schema = m->pending->schema;

		m->path = m->pending->path;
		m->pending = m->pending->next;
		if (!normalize_one(m, schema))
			return false;
	}
	return true;
}

static void drop_tree(void *tree)
{
	cJSON_Delete(tree);
}

const char *schema_normalize(struct arena *a, const char *json,
			     const char *param, struct error *e)
{
	struct normalizer m = { .arena = a,
				.error = e,
				.root = json_read(json, strlen(json), e),
				.param = param,
				.path = "" };

	if (m.root == NULL)
		return NULL;
	arena_own(a, m.root, drop_tree);
	if (!cJSON_IsObject(m.root)) {
		refuse(&m, "it must be an object");
		return NULL;
	}
	return normalize_all(&m) ? json_print(a, m.root) : NULL;
}
