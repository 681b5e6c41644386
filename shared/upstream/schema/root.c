/* SPDX-License-Identifier: MIT */
/* Makes the root of a schema an object. */
#include "upstream/schema/root_internal.h"

#include <string.h>

#include "upstream/schema/merge_internal.h"
#include "upstream/schema/types_internal.h"
#include "upstream/schema/words_internal.h"

#define WRAPPED "value"
#define MOST_VARIANTS 16 /* of one property */
#define COMBINATIONS 300 /* bytes of their description */
#define MOST_READ 200	 /* alternatives of alternatives */

/* The alternatives at the root that are objects, as they are found. */
struct alternatives {
	struct schema_work *work;
	struct schema_place *root;
	cJSON *properties; /* a list of variants for each name */
	cJSON *required;   /* that all have; NULL before the first */
	struct buf *words; /* about the combinations */
	size_t n, n_read;
};

/* Arguments are always an object: other types of the root cannot be meant, if
 * that is among them. */
static bool may_be_object(const struct schema_work *w, const cJSON *schema)
{
	return (schema_types(w, schema) & SCHEMA_OBJECT) != 0;
}

static void wrap(struct schema_work *w, struct schema_place *root)
{
	cJSON *schema = root->schema, *value = cJSON_CreateObject();
	cJSON *list = cJSON_CreateArray();

	while (schema->child != NULL) {
		cJSON *v = cJSON_DetachItemViaPointer(schema, schema->child);

		cJSON_AddItemToObject(value, v->string, v);
	}
	schema_set_text(schema, "type", "object");
	cJSON_AddItemToObject(cJSON_AddObjectToObject(schema, "properties"),
			      WRAPPED, value);
	cJSON_AddItemToArray(list, cJSON_CreateString(WRAPPED));
	cJSON_AddItemToObject(schema, "required", list);
	schema_lose(w, root, SCHEMA_LOSS_ROOT, "\"" WRAPPED "\"");
}

static void add_variant(struct alternatives *a, cJSON *property)
{
	cJSON *variants = schema_member(a->properties, property->string);
	const cJSON *v;

	if (variants == NULL)
		variants =
			cJSON_AddArrayToObject(a->properties, property->string);
	cJSON_ArrayForEach(v, variants)
		if (cJSON_Compare(v, property, true))
			break;
	if (v != NULL)
		cJSON_Delete(property);
	else
		cJSON_AddItemToArray(variants, property);
}

/* Leaves those names that the alternative requires as well. */
static void keep_required(struct alternatives *a, const cJSON *required)
{
	if (a->required == NULL) {
		a->required = required == NULL ?
				      cJSON_CreateArray() :
				      cJSON_Duplicate(required, true);
		return;
	}
	for (cJSON *v = a->required->child, *next; v != NULL; v = next) {
		next = v->next;
		if (!cJSON_IsString(v) ||
		    !schema_lists(required, v->valuestring))
			cJSON_Delete(
				cJSON_DetachItemViaPointer(a->required, v));
	}
}

/* "kind = "a" + b": what an alternative requires, with its constants. */
static void describe(struct alternatives *a, const cJSON *schema)
{
	const cJSON *properties = schema_member(schema, "properties"), *name;
	const cJSON *required = schema_member(schema, "required");

	if (a->n > 0)
		buf_printf(a->words, " or ");
	if (cJSON_GetArraySize(required) == 0)
		buf_printf(a->words, "none");
	cJSON_ArrayForEach(name, required) {
		const cJSON *property, *values;

		if (!cJSON_IsString(name))
			continue;
		property = schema_member(properties, name->valuestring);
		values = schema_member(property, "enum");
		if (values == NULL)
			values = schema_member(property, "const");
		if (!buf_printf(a->words, "%s%s%s%s",
				name == required->child ? "" : " + ",
				name->valuestring, values == NULL ? "" : " = ",
				values == NULL ? "" :
						 schema_brief(a->work, values)))
			break; /* there is no more room */
	}
}

static void add_alternative(struct alternatives *a, cJSON *schema)
{
	cJSON *properties = schema_member(schema, "properties");

	describe(a, schema);
	keep_required(a, schema_member(schema, "required"));
	while (properties != NULL && properties->child != NULL)
		add_variant(a, cJSON_DetachItemViaPointer(properties,
							  properties->child));
	a->n++;
}

/* Adds an alternative, or those of which it consists, which go to the list. */
static void read_alternative(struct alternatives *a, cJSON *list, cJSON *schema)
{
	struct schema_place at = { .above = NULL,
				   .schema = schema,
				   .key = NULL,
				   .inlined = a->root->inlined };
	cJSON *more;

	schema_merge(a->work, &at);
	more = schema_take(schema, "anyOf");
	if (more == NULL) {
		if (may_be_object(a->work, schema))
			add_alternative(a, schema);
		return;
	}
	if (schema_member(schema, "properties") != NULL ||
	    schema_member(schema, "required") != NULL)
		add_alternative(a, schema);
	while (more->child != NULL)
		cJSON_AddItemToArray(list, cJSON_DetachItemFromArray(more, 0));
	cJSON_Delete(more);
}

/* A schema for what may be any of them, which it takes out of the list. */
static cJSON *one_of_variants(cJSON *list)
{
	cJSON *schema, *variants;

	if (list->child->next == NULL)
		return cJSON_DetachItemFromArray(list, 0);
	schema = cJSON_CreateObject();
	if (cJSON_GetArraySize(list) > MOST_VARIANTS)
		return schema;
	variants = cJSON_AddArrayToObject(schema, "anyOf");
	while (list->child != NULL)
		cJSON_AddItemToArray(variants,
				     cJSON_DetachItemFromArray(list, 0));
	return schema;
}

/* A property that the root has itself keeps its schema. */
static void put_properties(struct alternatives *a)
{
	cJSON *schema = a->root->schema;
	cJSON *properties = schema_member(schema, "properties");

	if (properties == NULL)
		properties = cJSON_AddObjectToObject(schema, "properties");
	while (a->properties->child != NULL) {
		cJSON *all = cJSON_DetachItemViaPointer(a->properties,
							a->properties->child);

		if (schema_member(properties, all->string) == NULL)
			cJSON_AddItemToObject(properties, all->string,
					      one_of_variants(all));
		cJSON_Delete(all);
	}
}

static void put_required(struct alternatives *a)
{
	cJSON *schema = a->root->schema, *v;
	cJSON *required = schema_member(schema, "required");

	if (required == NULL && a->required != NULL &&
	    a->required->child != NULL)
		required = cJSON_AddArrayToObject(schema, "required");
	while ((v = cJSON_DetachItemFromArray(a->required, 0)) != NULL)
		cJSON_AddItemToArray(required, v);
}

/* One object with the properties of all alternatives. */
static void unite(struct schema_work *w, struct schema_place *root)
{
	struct alternatives a = { .work = w,
				  .root = root,
				  .properties = cJSON_CreateObject(),
				  .words = arena_buf(w->arena, COMBINATIONS) };
	cJSON *list = schema_take(root->schema, "anyOf"), *schema;

	while (a.n_read++ < MOST_READ &&
	       (schema = cJSON_DetachItemFromArray(list, 0)) != NULL) {
		read_alternative(&a, list, schema);
		cJSON_Delete(schema);
	}
	put_properties(&a);
	put_required(&a);
	if (a.n > 1)
		schema_lose(w, root, SCHEMA_LOSS_COMBINATIONS,
			    buf_text(a.words));
	cJSON_Delete(a.properties);
	cJSON_Delete(a.required);
	cJSON_Delete(list);
}

/* Whether one of the alternatives may be an object. */
static bool has_object(const struct schema_work *w, const cJSON *schema)
{
	const cJSON *list = schema_member(schema, "anyOf"), *v;

	cJSON_ArrayForEach(v, list)
		if (may_be_object(w, v))
			return true;
	return list == NULL;
}

void schema_root_make_object(struct schema_work *w, struct schema_place *root)
{
	cJSON *schema = root->schema;

	if (!may_be_object(w, schema) || !has_object(w, schema)) {
		wrap(w, root);
		return;
	}
	if (schema_member(schema, "anyOf") != NULL)
		unite(w, root);
	if (schema_member(schema, "enum") != NULL) { /* of whole calls */
		schema_lose(w, root, SCHEMA_LOSS_VALUES,
			    schema_brief(w, schema_member(schema, "enum")));
		schema_drop(schema, "enum");
	}
	if (schema_text_is(schema_member(schema, "type"), "object"))
		return;
	if (schema_member(schema, "properties") == NULL)
		schema_set(schema, "properties", cJSON_CreateObject());
	schema_set_text(schema, "type", "object");
}
