/* SPDX-License-Identifier: MIT */
/* Rewrites JSON schemas for Kimi, from the root down. */
#include "upstream/schema/rewrite.h"

#include <string.h>

#include "upstream/schema/branches_internal.h"
#include "upstream/schema/fit_internal.h"
#include "upstream/schema/graph_internal.h"
#include "upstream/schema/inline_internal.h"
#include "upstream/schema/merge_internal.h"
#include "upstream/schema/refs_internal.h"
#include "upstream/schema/root_internal.h"
#include "upstream/schema/types_internal.h"
#include "upstream/schema/words_internal.h"

/* Per schema: what a hostile one makes us do stays below a second. */
#define MOST_COPIES 50000
#define MOST_STEPS 3000000
#define MOST_WRITTEN (4 * 1024 * 1024)

/* JSON is printed by recursion, on a small stack. */
#define MOST_NESTED 40

static void add_schemas(struct schema_work *w, const struct schema_place *at)
{
	static const char *const several[] = { "properties", "anyOf",
					       "prefixItems", NULL };
	cJSON *v;

	for (const char *const *key = several; *key != NULL; key++)
		cJSON_ArrayForEach(v, schema_member(at->schema, *key))
			schema_add_place(w, at, v, *key);
	v = schema_member(at->schema, "items");
	if (v != NULL)
		schema_add_place(w, at, v, "items");
	v = schema_member(at->schema, "additionalProperties");
	if (cJSON_IsObject(v) && v->child != NULL)
		schema_add_place(w, at, v, "additionalProperties");
}

/* A reference may have words next to it, other keywords only around it. */
static void wrap_ref(cJSON *schema)
{
	cJSON *branch, *v;

	cJSON_ArrayForEach(v, schema)
		if (strcmp(v->string, "$ref") != 0 &&
		    strcmp(v->string, "description") != 0 &&
		    strcmp(v->string, "title") != 0)
			break;
	if (v == NULL)
		return;
	branch = cJSON_CreateObject();
	cJSON_AddItemToObject(branch, "$ref", schema_take(schema, "$ref"));
	cJSON_AddItemToArray(cJSON_AddArrayToObject(schema, "anyOf"), branch);
}

/* Kimi refuses a keyword that is both next to anyOf and in a branch. None of
 * those that are left limits values. */
static void drop_repeated(const struct schema_place *at)
{
	const cJSON *v;

	if (at->key == NULL || strcmp(at->key, "anyOf") != 0)
		return;
	cJSON_ArrayForEach(v, at->above->schema)
		if (strcmp(v->string, "description") != 0 &&
		    strcmp(v->string, "title") != 0 &&
		    strcmp(v->string, "anyOf") != 0)
			schema_drop(at->schema, v->string);
}

/* Nothing is said about what is nested too deeply. */
static void cut(struct schema_work *w, const struct schema_place *at)
{
	static const char *const keys[] = {
		"properties", "items", "prefixItems", "additionalProperties",
		"anyOf",      "oneOf", "allOf",	      "required"
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		const cJSON *v = schema_member(at->schema, keys[i]);

		if (v == NULL || v->child == NULL)
			continue;
		schema_lose(w, at, SCHEMA_LOSS_DEEP, schema_brief(w, v));
		schema_drop(at->schema, keys[i]);
	}
}

static void rewrite_one(struct schema_work *w, struct schema_place *at)
{
	cJSON *schema = at->schema;

	if (at->nesting > MOST_NESTED)
		cut(w, at);
	schema_merge(w, at);
	if (at->key == NULL)
		schema_root_make_object(w, at);
	if (schema_member(schema, "$ref") != NULL) {
		wrap_ref(schema);
	} else {
		schema_distribute(w, at);
		if (schema_member(schema, "anyOf") == NULL)
			schema_split_types(schema);
		if (schema_member(schema, "anyOf") == NULL)
			schema_fit_type(w, at);
	}
	drop_repeated(at);
	schema_inline_hidden(w, at);
	if (at->in_defs)
		schema_fit_definition(w, at);
	add_schemas(w, at);
}

static void rewrite_all(struct schema_work *w)
{
	struct schema_place *root = schema_add_place(w, NULL, w->root, NULL);
	cJSON *v;

	cJSON_ArrayForEach(v, w->defs)
		schema_add_place(w, root, v, "$defs")->in_defs = true;
	for (struct schema_place *at = root; at != NULL; at = at->next)
		rewrite_one(w, at);
	if (w->defs->child != NULL)
		cJSON_AddItemToObject(w->root, "$defs", w->defs);
	else
		cJSON_Delete(w->defs);
	schema_graph_mend(w);
}

static size_t count_properties(const cJSON *schema)
{
	const cJSON *all = schema_member(schema, "properties"), *v;
	size_t n = (size_t)cJSON_GetArraySize(all);

	cJSON_ArrayForEach(v, schema)
		n += count_properties(v);
	return n;
}

static bool refuse(struct arena *a, const char *param, const char *path,
		   const char *what, struct error *e)
{
	if (*path == '\0')
		return error_field(e, ERROR_VALUE, param == NULL ? "" : param,
				   "Kimi does not accept the JSON schema: %s.",
				   what);
	return error_field(
		e, ERROR_VALUE,
		param == NULL ? "" : arena_printf(a, "%s.%s", param, path),
		"Kimi does not accept the JSON schema at '%s': %s.", path,
		what);
}

static bool refuse_size(struct arena *a, const char *param, struct error *e)
{
	return refuse(a, param, "",
		      arena_printf(a,
				   "it may have at most %d bytes and %d "
				   "properties",
				   SCHEMA_MAX_BYTES, SCHEMA_MAX_PROPERTIES),
		      e);
}

static void drop_tree(void *tree)
{
	cJSON_Delete(tree);
}

const char *schema_rewrite(struct arena *a, const char *json, bool strict,
			   const char *param, struct error *e)
{
	struct schema_work w = { .arena = a,
				 .root = json_read(json, strlen(json), e),
				 .left = MOST_COPIES,
				 .steps = MOST_STEPS,
				 .written = MOST_WRITTEN };
	const char *text;

	if (w.root == NULL)
		return NULL;
	arena_own(a, w.root, drop_tree);
	w.defs = cJSON_CreateObject();
	w.last = &w.first;
	if (!schema_refs_collect(&w)) {
		cJSON_Delete(w.defs);
		refuse_size(a, param, e);
		return NULL;
	}
	rewrite_all(&w);
	text = json_print(a, w.root);
	if (strlen(text) > SCHEMA_MAX_BYTES ||
	    count_properties(w.root) > SCHEMA_MAX_PROPERTIES) {
		refuse_size(a, param, e);
		return NULL;
	}
	if (!strict || w.loss == SCHEMA_LOSS_NONE)
		return text;
	refuse(a, param, w.lost_at,
	       arena_printf(
		       a,
		       "%s; only a schema that is not 'strict' is sent without it",
		       schema_reason(w.loss)),
	       e);
	return NULL;
}
