/* SPDX-License-Identifier: MIT */
/* References seen as a whole: what is used, what ends, what is too deep. */
#include "upstream/schema/graph_internal.h"

#include <stdlib.h>
#include <string.h>

#include "upstream/schema/object_internal.h"
#include "upstream/schema/types_internal.h"

#define MOST_STEPS 50000 /* Kimi gives up after 500,000 */
#define MOST_NESTED 150	 /* our stack is small */

struct definition {
	const char *name; /* NULL: the root */
	cJSON *schema;
	bool used, ends, open, seen, found;
	unsigned depth; /* the greatest at which it is found */
};

struct graph {
	struct schema_work *work;
	struct definition *all; /* by name, the root last */
	size_t n;
	size_t steps;
	bool too_deep;
	bool tree; /* of several references to a definition one stays */
};

static int by_name(const void *one, const void *other)
{
	const struct definition *x = one, *y = other;

	return strcmp(x->name, y->name);
}

static struct definition *find(const struct graph *g, const char *ref)
{
	const char *name = strrchr(ref, '/');
	struct definition key = { .name = name == NULL ? NULL : name + 1 };

	if (name == NULL)
		return &g->all[g->n - 1];
	return bsearch(&key, g->all, g->n - 1, sizeof(*g->all), by_name);
}

/* The definition that the schema refers to, if it is a reference. */
static struct definition *target(const struct graph *g, const cJSON *schema)
{
	const char *ref = cJSON_GetStringValue(schema_member(schema, "$ref"));

	return ref == NULL ? NULL : find(g, ref);
}

static void collect(struct graph *g)
{
	cJSON *defs = schema_member(g->work->root, "$defs"), *v;
	size_t n = (size_t)cJSON_GetArraySize(defs);

	g->all = arena_array(g->work->arena, n + 1, sizeof(*g->all));
	cJSON_ArrayForEach(v, defs)
		g->all[g->n++] =
			(struct definition){ .name = v->string, .schema = v };
	qsort(g->all, g->n, sizeof(*g->all), by_name);
	g->all[g->n++].schema = g->work->root;
}

/* --- What is used ------------------------------------------------------- */

static void use_targets(const struct graph *g, const cJSON *value)
{
	for (const cJSON *v = value->child; v != NULL; v = v->next) {
		const char *key = v->string == NULL ? "" : v->string;
		struct definition *d;

		if (strcmp(key, "$ref") == 0 && cJSON_IsString(v)) {
			d = find(g, v->valuestring);
			if (d != NULL)
				d->used = true;
		} else if (strcmp(key, "$defs") != 0) {
			use_targets(g, v);
		}
	}
}

/* The first that is used and was not looked at. */
static struct definition *next_used(const struct graph *g)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->all[i].used && !g->all[i].open)
			return &g->all[i];
	return NULL;
}

static void drop_unused(struct graph *g)
{
	cJSON *defs = schema_member(g->work->root, "$defs");
	struct definition *d;
	size_t n = 0;

	for (size_t i = 0; i < g->n; i++)
		g->all[i].used = i + 1 == g->n;
	while ((d = next_used(g)) != NULL) {
		d->open = true;
		use_targets(g, d->schema);
	}
	for (size_t i = 0; i < g->n; i++) {
		g->all[i].open = false;
		if (g->all[i].used)
			g->all[n++] = g->all[i];
		else
			cJSON_Delete(cJSON_DetachItemViaPointer(
				defs, g->all[i].schema));
	}
	g->n = n;
	if (defs != NULL && defs->child == NULL)
		schema_drop(g->work->root, "$defs");
}

/* --- What ends ----------------------------------------------------------- */

static bool ends(const struct graph *g, const cJSON *schema)
{
	const struct definition *d = target(g, schema);
	const cJSON *any = schema_member(schema, "anyOf"), *v;
	const cJSON *properties = schema_member(schema, "properties");
	const cJSON *least = schema_member(schema, "minItems");
	const cJSON *items = schema_member(schema, "items");

	if (d != NULL)
		return d->ends;
	cJSON_ArrayForEach(v, any)
		if (ends(g, v))
			return true;
	if (any != NULL)
		return false;
	cJSON_ArrayForEach(v, schema_member(schema, "required"))
		if (!ends(g, schema_member(properties, v->valuestring)))
			return false;
	return items == NULL || least == NULL || least->valuedouble < 1 ||
	       ends(g, items);
}

static void find_ends(struct graph *g)
{
	bool more = true;

	while (more) {
		more = false;
		for (size_t i = 0; i < g->n; i++) {
			struct definition *d = &g->all[i];

			if (!d->ends && ends(g, d->schema))
				more = d->ends = true;
		}
	}
}

static struct schema_place place_of(const struct definition *d, cJSON *schema)
{
	return (struct schema_place){ .schema = schema,
				      .key = d->name == NULL ? NULL : "$defs",
				      .name = d->name };
}

/* Lets a schema end by not requiring what does not. */
static void let_end(const struct graph *g, const struct definition *d,
		    cJSON *schema)
{
	cJSON *required = schema_member(schema, "required"), *next, *v;
	const cJSON *properties = schema_member(schema, "properties");
	struct schema_place at = place_of(d, schema);

	cJSON_ArrayForEach(v, schema_member(schema, "anyOf"))
		let_end(g, d, v);
	for (v = required == NULL ? NULL : required->child; v != NULL;
	     v = next) {
		next = v->next;
		if (ends(g, schema_member(properties, v->valuestring)))
			continue;
		schema_lose(g->work, &at, SCHEMA_LOSS_ENDLESS, v->valuestring);
		cJSON_Delete(cJSON_DetachItemViaPointer(required, v));
	}
	if (required != NULL && required->child == NULL)
		schema_drop(schema, "required");
	if (!ends(g, schema) && schema_member(schema, "minItems") != NULL) {
		schema_lose(g->work, &at, SCHEMA_LOSS_ENDLESS, "an item");
		schema_drop(schema, "minItems");
	}
}

/* A schema for anything, with what its description says. */
static void forget(const struct graph *g, const struct definition *d,
		   cJSON *schema, enum schema_loss loss)
{
	static const char *const keys[] = { "$ref", "anyOf" };
	struct schema_place at = place_of(d, schema);

	for (size_t i = 0; i < 2; i++) {
		const cJSON *v = schema_member(schema, keys[i]);

		if (v != NULL)
			schema_lose(g->work, &at, loss,
				    schema_brief(g->work, v));
		schema_drop(schema, keys[i]);
	}
	schema_split_types(schema);
}

/* Those that are left at the end only refer to each other. */
static void let_all_end(struct graph *g)
{
	find_ends(g);
	for (size_t i = 0; i < g->n; i++)
		if (!g->all[i].ends)
			let_end(g, &g->all[i], g->all[i].schema);
	find_ends(g);
	for (size_t i = 0; i < g->n; i++) {
		if (g->all[i].ends)
			continue;
		forget(g, &g->all[i], g->all[i].schema, SCHEMA_LOSS_REFERENCE);
		find_ends(g);
	}
}

/* --- What is too deep ----------------------------------------------------- */

/* How far a walk has come: properties, schemas, and references. */
struct way {
	unsigned depth, nested, hops;
};

/* Calls `visit` for each schema right below. */
static void visit_below(struct graph *g, const cJSON *schema, struct way way,
			void (*visit)(struct graph *, cJSON *, struct way))
{
	static const char *const single[] = { "items", "additionalProperties" };
	cJSON *v;

	way.nested++;
	cJSON_ArrayForEach(v, schema_member(schema, "anyOf"))
		visit(g, v, way);
	for (size_t i = 0; i < 2; i++) {
		v = schema_member(schema, single[i]);
		if (cJSON_IsObject(v))
			visit(g, v, way);
	}
	way.depth++;
	cJSON_ArrayForEach(v, schema_member(schema, "properties"))
		visit(g, v, way);
}

/*
 * Kimi follows each reference once on every way from a definition. The number
 * of ways may be enormous.
 */
static void measure(struct graph *g, cJSON *schema, struct way way)
{
	struct definition *d = target(g, schema);

	if (way.depth > SCHEMA_MAX_DEPTH || way.nested > MOST_NESTED ||
	    ++g->steps > MOST_STEPS)
		g->too_deep = true;
	if (g->too_deep || (d != NULL && d->open))
		return;
	if (d == NULL) {
		visit_below(g, schema, way, measure);
		return;
	}
	d->open = way.hops++ > 0;
	way.nested++;
	measure(g, d->schema, way);
	d->open = false;
}

static bool is_too_deep(struct graph *g)
{
	g->steps = 0;
	g->too_deep = false;
	for (size_t i = 0; i < g->n; i++)
		measure(g, g->all[i].schema, (struct way){ 0 });
	return g->too_deep;
}

/* Leaves no way back to a definition, or, for a tree, only one way to it. */
static void cut_references(struct graph *g, cJSON *schema, struct way way)
{
	struct definition *d = target(g, schema);

	if (d == NULL) {
		visit_below(g, schema, way, cut_references);
		return;
	}
	if (d->open || way.nested > MOST_NESTED || (g->tree && d->seen)) {
		forget(g, &g->all[g->n - 1], schema, SCHEMA_LOSS_DEEP);
		return;
	}
	if (d->seen)
		return;
	d->seen = d->open = true;
	way.nested++;
	cut_references(g, d->schema, way);
	d->open = false;
}

/* Notes of what the schema refers to how deeply it is used. */
static void note_depths(struct graph *g, cJSON *schema, struct way way)
{
	struct definition *d = target(g, schema);

	if (way.depth > SCHEMA_MAX_DEPTH)
		return;
	if (d == NULL) {
		visit_below(g, schema, way, note_depths);
		return;
	}
	if (d->found && d->depth >= way.depth)
		return;
	d->found = d->open = true;
	d->depth = way.depth;
}

/* The same for all of them. One may be behind a thousand others: what is still
 * to be looked at is `open`, as there is no stack for a walk. */
static void find_depths(struct graph *g)
{
	struct definition *root = &g->all[g->n - 1];
	bool more = true;

	root->found = root->open = true;
	root->depth = 0;
	while (more) {
		more = false;
		for (size_t i = 0; i < g->n; i++) {
			struct definition *d = &g->all[i];

			if (!d->open)
				continue;
			more = true;
			d->open = false;
			note_depths(g, d->schema,
				    (struct way){ .depth = d->depth });
		}
	}
}

static void cut_properties(struct graph *g, cJSON *schema, struct way way)
{
	struct schema_place at = place_of(&g->all[g->n - 1], schema);

	at.depth = way.depth;
	schema_cut_properties(g->work, &at);
	visit_below(g, schema, way, cut_properties);
}

static void cut(struct graph *g)
{
	for (size_t i = 0; i < g->n; i++)
		g->all[i].seen = g->all[i].found = false;
	cut_references(g, g->work->root, (struct way){ 0 });
	drop_unused(g);
	find_depths(g);
	for (size_t i = 0; i < g->n; i++)
		cut_properties(g, g->all[i].schema,
			       (struct way){ .depth = g->all[i].depth });
	drop_unused(g);
}

void schema_graph_mend(struct schema_work *w)
{
	struct graph g = { .work = w };

	collect(&g);
	drop_unused(&g);
	let_all_end(&g);
	drop_unused(&g);
	if (is_too_deep(&g))
		cut(&g);
	g.tree = true;
	if (is_too_deep(&g))
		cut(&g);
}
