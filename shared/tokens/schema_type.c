/* SPDX-License-Identifier: MIT */
/*
 * JSON schemas as types. Nested schemas go on a list of things to do instead of
 * being written by recursion, so that their depth costs no stack.
 */
#include "tokens/schema_type.h"

#include <stdlib.h>
#include <string.h>

#include "tokens/schema_comment.h"

#define DEFINITIONS "#/$defs/"
#define MAX_DEFINITIONS 256

enum item_kind { ITEM_TEXT, ITEM_TYPE, ITEM_PROPERTY };

struct schema_item {
	enum item_kind kind;
	bool required; /* PROPERTY */
	int indent;
	const char *text;    /* TEXT */
	const cJSON *schema; /* TYPE, PROPERTY */
};

enum which { REQUIRED, OPTIONAL, BOTH };

static const cJSON *member(const cJSON *schema, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(schema, name);
}

/* --- Things to do --------------------------------------------------------- */

static void plan(struct schema_writer *w, struct schema_item item)
{
	w->todo = arena_grow(w->arena, w->todo, &w->room, w->n_todo + 1,
			     sizeof(*w->todo));
	w->todo[w->n_todo++] = item;
}

static void plan_text(struct schema_writer *w, const char *text)
{
	plan(w, (struct schema_item){ .kind = ITEM_TEXT, .text = text });
}

static void plan_type(struct schema_writer *w, const cJSON *schema, int indent)
{
	plan(w, (struct schema_item){ .kind = ITEM_TYPE,
				      .schema = schema,
				      .indent = indent });
}

/* A line break, the indent, and the text. */
static void plan_line(struct schema_writer *w, int indent, const char *text)
{
	plan_text(w, arena_printf(w->arena, "\n%*s%s", 2 * indent, "", text));
}

/* The list is a stack: reverses what was planned since, so that it is done in
 * the order in which it was planned. */
static void reverse(struct schema_writer *w, size_t since)
{
	for (size_t i = since, j = w->n_todo; i + 1 < j; i++) {
		struct schema_item item = w->todo[i];

		w->todo[i] = w->todo[--j];
		w->todo[j] = item;
	}
}

/* --- Objects -------------------------------------------------------------- */

static int compare_members(const void *a, const void *b)
{
	const cJSON *const *one = a, *const *other = b;

	return strcmp((*one)->string, (*other)->string);
}

/* The members of an object by name; the list is in the arena. */
static const cJSON **sorted(struct schema_writer *w, const cJSON *object,
			    size_t *n)
{
	const cJSON **list, *child;

	*n = 0;
	list = arena_array(w->arena, (size_t)cJSON_GetArraySize(object) + 1,
			   sizeof(*list));
	if (cJSON_IsObject(object))
		cJSON_ArrayForEach(child, object)
			list[(*n)++] = child;
	qsort(list, *n, sizeof(*list), compare_members);
	return list;
}

static int compare_texts(const void *a, const void *b)
{
	const char *const *one = a, *const *other = b;

	return strcmp(*one, *other);
}

/* The names of an object's required properties, sorted; in the arena. */
static const char **required_of(struct schema_writer *w, const cJSON *object,
				size_t *n)
{
	const cJSON *required = member(object, "required"), *entry;
	const char **names;

	*n = 0;
	names = arena_array(w->arena, (size_t)cJSON_GetArraySize(required) + 1,
			    sizeof(*names));
	cJSON_ArrayForEach(entry, required)
		if (cJSON_IsString(entry))
			names[(*n)++] = entry->valuestring;
	qsort(names, *n, sizeof(*names), compare_texts);
	return names;
}

/* The required or optional properties of an object, or both, by name. */
static void plan_properties(struct schema_writer *w, const cJSON *object,
			    enum which which, int indent, bool *any)
{
	size_t n, n_required;
	const cJSON **list = sorted(w, member(object, "properties"), &n);
	const char **names = required_of(w, object, &n_required);

	for (size_t i = 0; i < n; i++) {
		const char *name = list[i]->string;
		bool required = bsearch(&name, names, n_required,
					sizeof(*names), compare_texts) != NULL;

		if (which != BOTH && required != (which == REQUIRED))
			continue;
		plan_text(w, *any ? ",\n" : "\n");
		plan(w, (struct schema_item){ .kind = ITEM_PROPERTY,
					      .schema = list[i],
					      .required = required,
					      .indent = indent });
		*any = true;
	}
}

static void define(struct schema_writer *w, const cJSON *definitions)
{
	size_t n;
	const cJSON **list = sorted(w, definitions, &n);

	for (size_t i = 0; i < n && !w->failed; i++) {
		struct schema_definition **d = &w->definitions;
		size_t before = 0;

		for (; *d != NULL; d = &(*d)->next, before++)
			if (strcmp((*d)->schema->string, list[i]->string) == 0)
				break;
		if (*d == NULL)
			*d = arena_alloc(w->arena, sizeof(**d));
		(*d)->schema = list[i];
		w->failed |= before == MAX_DEFINITIONS;
	}
}

static void plan_object(struct schema_writer *w, const cJSON *object,
			int indent)
{
	const cJSON *rest = member(object, "additionalProperties");
	bool any = false;

	define(w, member(object, "$defs"));
	plan_text(w, "{");
	plan_properties(w, object, REQUIRED, indent + 1, &any);
	plan_properties(w, object, OPTIONAL, indent + 1, &any);
	if (rest != NULL && !cJSON_IsNull(rest)) {
		plan_text(w, any ? "," : "");
		plan_line(w, indent + 1, "[k: string]: ");
		if (cJSON_IsFalse(rest))
			plan_text(w, "never");
		else
			plan_type(w, rest, indent + 1);
		any = true;
	}
	if (any)
		plan_line(w, indent, "}");
	else
		plan_text(w, "}");
}

/* --- Other types ---------------------------------------------------------- */

/* The comments of a schema as text, "" if there are none. */
static const char *comments_of(struct schema_writer *w, const cJSON *schema,
			       int indent)
{
	struct buf *out = w->out, *text = arena_buf(w->arena, out->limit);

	w->out = text;
	schema_put_comments(w, schema, indent);
	w->out = out;
	return buf_text(text);
}

static void plan_array(struct schema_writer *w, const cJSON *array, int indent)
{
	const cJSON *items = member(array, "items");
	const char *comments;

	if (!cJSON_IsTrue(items) && (items == NULL || items->child == NULL)) {
		plan_text(w, "Array<any>");
		return;
	}
	comments = comments_of(w, items, indent + 1);
	plan_text(w, "Array<");
	if (*comments == '\0') {
		plan_type(w, items, indent);
	} else {
		plan_text(w, "\n");
		plan_text(w, comments);
		plan_text(w,
			  arena_printf(w->arena, "%*s", 2 * (indent + 1), ""));
		plan_type(w, items, indent + 1);
		plan_line(w, indent, "");
	}
	plan_text(w, ">");
}

static void put_enum(struct schema_writer *w, const cJSON *values)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, values) {
		const char *quote = cJSON_IsString(v) ? "\"" : "";

		schema_put_text(w, v == values->child ? "" : " | ");
		schema_put_text(w, quote);
		schema_put_scalar(w, v);
		schema_put_text(w, quote);
	}
}

/* A list of type names. */
static void put_union(struct schema_writer *w, const cJSON *types)
{
	static const char *const names[][2] = {
		{ "string", "string" },	   { "number", "number" },
		{ "integer", "number" },   { "boolean", "boolean" },
		{ "null", "null" },	   { "object", "{}" },
		{ "array", "Array<any>" },
	};
	const cJSON *type;

	cJSON_ArrayForEach(type, types) {
		const char *name = NULL;

		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
			if (cJSON_IsString(type) &&
			    strcmp(names[i][0], type->valuestring) == 0)
				name = names[i][1];
		w->failed |= name == NULL;
		schema_put_text(w, type == types->child ? "" : " | ");
		schema_put_text(w, name == NULL ? "" : name);
	}
}

static void put_reference(struct schema_writer *w, const cJSON *reference)
{
	const char *path = cJSON_GetStringValue(reference);
	const struct schema_definition *d = w->definitions;

	if (path != NULL && strcmp(path, "#") == 0) {
		w->refers_to_root = true;
		schema_put_text(w, "parameters");
		return;
	}
	if (path == NULL ||
	    strncmp(path, DEFINITIONS, strlen(DEFINITIONS)) != 0) {
		w->failed = true;
		return;
	}
	path = strrchr(path, '/') + 1;
	while (d != NULL && strcmp(d->schema->string, path) != 0)
		d = d->next;
	w->failed |= d == NULL;
	schema_put_text(w, path);
}

static void plan_alternatives(struct schema_writer *w, const cJSON *list,
			      int indent)
{
	const cJSON *schema;

	w->failed |= !cJSON_IsArray(list);
	cJSON_ArrayForEach(schema, list) {
		plan_text(w, schema == list->child ? "" : " | ");
		plan_type(w, schema, indent);
	}
}

static void plan_named(struct schema_writer *w, const cJSON *schema,
		       const char *type, int indent)
{
	if (strcmp(type, "object") == 0)
		plan_object(w, schema, indent);
	else if (strcmp(type, "array") == 0)
		plan_array(w, schema, indent);
	else
		schema_put_text(w,
				strcmp(type, "integer") == 0 ? "number" : type);
}

static void do_type(struct schema_writer *w, const cJSON *schema, int indent)
{
	const cJSON *type = member(schema, "type");

	if (cJSON_IsBool(schema))
		schema_put_text(w, cJSON_IsTrue(schema) ? "any" : "null");
	else if (member(schema, "$ref") != NULL)
		put_reference(w, member(schema, "$ref"));
	else if (member(schema, "anyOf") != NULL)
		plan_alternatives(w, member(schema, "anyOf"), indent);
	else if (member(schema, "enum") != NULL)
		put_enum(w, member(schema, "enum"));
	else if (cJSON_IsArray(type))
		put_union(w, type);
	else if (cJSON_IsString(type))
		plan_named(w, schema, type->valuestring, indent);
	else if (cJSON_IsObject(schema) && schema->child == NULL)
		schema_put_text(w, "any");
	else
		w->failed = true;
}

/* All of a property except its type, which is planned. */
static void do_property(struct schema_writer *w, const struct schema_item *item)
{
	schema_put_comments(w, item->schema, item->indent);
	schema_put_default(w, item->schema, item->indent);
	schema_put_indent(w, item->indent);
	schema_put_text(w, item->schema->string);
	schema_put_text(w, item->required ? ": " : "?: ");
	plan_type(w, item->schema, item->indent);
}

static void do_all(struct schema_writer *w)
{
	reverse(w, 0);
	while (w->n_todo > 0 && !w->failed) {
		struct schema_item item = w->todo[--w->n_todo];
		size_t since = w->n_todo;

		switch (item.kind) {
		case ITEM_TEXT:
			schema_put_text(w, item.text);
			break;
		case ITEM_TYPE:
			do_type(w, item.schema, item.indent);
			break;
		case ITEM_PROPERTY:
			do_property(w, &item);
			break;
		}
		reverse(w, since);
	}
	w->n_todo = 0;
}

void schema_put_type(struct schema_writer *w, const cJSON *schema)
{
	plan_type(w, schema, 0);
	do_all(w);
}

void schema_put_object(struct schema_writer *w, const cJSON *schema)
{
	plan_object(w, schema, 0);
	do_all(w);
}

void schema_put_properties(struct schema_writer *w, const cJSON *object)
{
	bool any = false;

	plan_properties(w, object, BOTH, 1, &any);
	if (any)
		plan_text(w, "\n");
	do_all(w);
}
