/* SPDX-License-Identifier: MIT */
/* Makes definitions of everything that references lead to. */
#include "upstream/schema/refs_internal.h"

#include <ctype.h>
#include <string.h>

#include "upstream/schema/pointer_internal.h"

/* With more of them it could not be below SCHEMA_MAX_BYTES. */
#define MOST_SCHEMAS 6000
#define MOST_REQUIRED 12000

#define LONGEST_NAME 64

/* A cJSON type has eight bits; one more says that the schema was seen. */
#define SEEN (1 << 16)

struct target {
	cJSON *schema;
	const char *ref; /* that leads to it from now on */
};

struct reference {
	cJSON *schema;
	size_t target; /* its number in the list */
};

struct collector {
	struct schema_work *work;
	struct schema_place *first, **last; /* to be searched */
	struct target *targets;
	struct reference *references;
	size_t n_targets, room_targets, n_references, room_references;
	size_t n_schemas, n_required; /* and names in `required` */
};

static void add_place(struct collector *c, const struct schema_place *above,
		      cJSON *schema, const char *key)
{
	struct schema_place *at;

	if (schema == NULL || (schema->type & SEEN) != 0)
		return;
	c->n_schemas++; /* those that say only true, too */
	if (!cJSON_IsObject(schema))
		return;
	schema->type |= SEEN;
	at = arena_alloc(c->work->arena, sizeof(*at));
	at->above = above;
	at->schema = schema;
	at->key = key;
	if (key != NULL && strcmp(key, "properties") == 0)
		at->name = schema->string;
	*c->last = at;
	c->last = &at->next;
}

static size_t target_number(struct collector *c,
			    const struct schema_place *from, cJSON *schema)
{
	size_t i = 0;

	while (i < c->n_targets && c->targets[i].schema != schema)
		i++;
	if (i < c->n_targets)
		return i;
	c->targets = arena_grow(c->work->arena, c->targets, &c->room_targets,
				i + 1, sizeof(*c->targets));
	c->targets[c->n_targets++].schema = schema;
	add_place(c, from, schema, "$defs");
	return i;
}

/* The reference of a schema, which has other names in some drafts. */
static const char *ref_of(cJSON *schema)
{
	static const char *const others[] = { "$dynamicRef", "$recursiveRef" };

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		cJSON *ref = schema_take(schema, others[i]);

		if (ref != NULL)
			schema_set(schema, "$ref", ref);
	}
	return cJSON_GetStringValue(schema_member(schema, "$ref"));
}

static void read_ref(struct collector *c, const struct schema_place *at)
{
	const char *ref = ref_of(at->schema);
	struct reference *r;
	cJSON *schema;

	if (ref == NULL)
		return;
	schema = schema_pointer_find(c->work, at, ref);
	if (schema == NULL) {
		ref = arena_printf(c->work->arena, "\"%s\"", ref);
		schema_drop(at->schema, "$ref");
		schema_lose(c->work, at, SCHEMA_LOSS_REFERENCE, ref);
		return;
	}
	c->references = arena_grow(c->work->arena, c->references,
				   &c->room_references, c->n_references + 1,
				   sizeof(*c->references));
	r = &c->references[c->n_references++];
	r->schema = at->schema;
	r->target = target_number(c, at, schema);
}

/* The keywords whose values are schemas, lists of them, or schemas by name. */
static void add_below(struct collector *c, const struct schema_place *at)
{
	static const char *const single[] = { "items",
					      "additionalItems",
					      "additionalProperties",
					      "not",
					      "if",
					      "then",
					      "else",
					      "contains",
					      "propertyNames",
					      NULL };
	static const char *const several[] = { "items",
					       "prefixItems",
					       "allOf",
					       "anyOf",
					       "oneOf",
					       "properties",
					       "patternProperties",
					       "dependentSchemas",
					       NULL };

	c->n_required += (size_t)cJSON_GetArraySize(
		schema_member(at->schema, "required"));
	for (const char *const *key = single; *key != NULL; key++)
		add_place(c, at, schema_member(at->schema, *key), *key);
	for (const char *const *key = several; *key != NULL; key++) {
		cJSON *all = schema_member(at->schema, *key), *v;

		if (strcmp(*key, "items") == 0 && !cJSON_IsArray(all))
			continue;
		cJSON_ArrayForEach(v, all)
			add_place(c, at, v, *key);
	}
}

/* Letters and digits of the last step of what led there. */
static const char *name_of(struct collector *c, const cJSON *schema)
{
	const char *from = schema->string != NULL ? schema->string : "item";
	char *name = arena_alloc(c->work->arena, LONGEST_NAME + 1);

	for (size_t i = 0; i < LONGEST_NAME && from[i] != '\0'; i++)
		name[i] = isalnum((unsigned char)from[i]) || from[i] == '_' ||
					  from[i] == '-' || from[i] == '.' ?
				  from[i] :
				  '_';
	return *name == '\0' ? "item" : name;
}

/* A name that no definition has yet. */
static const char *free_name(struct collector *c, const char *name, size_t i)
{
	const char *wanted = name;

	while (schema_member(c->work->defs, name) != NULL)
		name = arena_printf(c->work->arena, "%s_%zu", wanted, ++i);
	return name;
}

/* The root stays what it is if nothing but a type says that it is an object. */
static bool root_stays(const cJSON *root)
{
	static const char *const keys[] = { "$ref", "anyOf", "oneOf", "allOf",
					    "enum", "const", NULL };
	const cJSON *type = schema_member(root, "type"), *v;

	cJSON_ArrayForEach(v, root)
		if (schema_is_one_of(v->string, keys))
			return false;
	return schema_text_is(type, "object") ||
	       (type == NULL && schema_member(root, "properties") != NULL);
}

/* The names first, so that what is copied has the references that last. */
static void name_targets(struct collector *c)
{
	for (size_t i = 0; i < c->n_targets; i++) {
		struct target *t = &c->targets[i];
		const char *name;

		if (t->schema == c->work->root && root_stays(t->schema)) {
			t->ref = "#";
			continue;
		}
		name = free_name(c,
				 t->schema == c->work->root ?
					 "root" :
					 name_of(c, t->schema),
				 i);
		cJSON_AddNullToObject(c->work->defs, name);
		t->ref = arena_printf(c->work->arena, "#/$defs/%s", name);
	}
}

static void name_references(struct collector *c)
{
	for (size_t i = 0; i < c->n_references; i++) {
		struct reference *r = &c->references[i];

		schema_set_text(r->schema, "$ref", c->targets[r->target].ref);
	}
}

/* A copy of each target: it may be a part of the root, or of another one. */
static void define_targets(struct collector *c)
{
	cJSON *defs = cJSON_CreateObject();

	for (size_t i = 0; i < c->n_targets; i++) {
		const struct target *t = &c->targets[i];
		const char *name = strrchr(t->ref, '/');
		cJSON *copy;

		if (name == NULL) /* "#" */
			continue;
		copy = schema_copy(c->work, t->schema);
		cJSON_AddItemToObject(defs, name + 1,
				      copy != NULL ? copy : cJSON_CreateNull());
	}
	cJSON_Delete(c->work->defs); /* these were only names */
	c->work->defs = defs;
}

static bool is_within_limits(const struct collector *c)
{
	return c->n_schemas <= MOST_SCHEMAS && c->n_required <= MOST_REQUIRED;
}

bool schema_refs_collect(struct schema_work *w)
{
	struct collector c = { .work = w };
	struct schema_place *at;

	c.last = &c.first;
	add_place(&c, NULL, w->root, NULL);
	for (at = c.first; at != NULL && is_within_limits(&c); at = at->next) {
		read_ref(&c, at);
		add_below(&c, at);
	}
	for (at = c.first; at != NULL; at = at->next)
		at->schema->type &= ~SEEN;
	name_targets(&c);
	name_references(&c);
	define_targets(&c);
	return is_within_limits(&c);
}
