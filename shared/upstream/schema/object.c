/* SPDX-License-Identifier: MIT */
/* The properties of objects. */
#include "upstream/schema/object_internal.h"

#include <string.h>

#include "upstream/schema/words_internal.h"

/* Properties of these names look like keywords to Kimi's validator, which also
 * takes braces for the number of a branch, and finds no way into definitions
 * with a slash in any name. */
static bool is_refused(const struct schema_place *at, const char *name)
{
	static const char *const names[] = {
		"$defs", "$ref", "anyOf", "required", "additionalProperties",
		NULL
	};

	return schema_is_one_of(name, names) ||
	       (strchr(name, '{') != NULL && strchr(name, '}') != NULL) ||
	       (at->in_defs && strchr(name, '/') != NULL);
}

/* Allows properties that are not declared. */
static void open_rest(struct schema_work *w, const struct schema_place *at,
		      const char *which)
{
	const cJSON *rest = schema_member(at->schema, "additionalProperties");

	if (rest == NULL || cJSON_IsTrue(rest))
		return;
	schema_drop(at->schema, "additionalProperties");
	schema_lose(w, at, SCHEMA_LOSS_REST, which);
}

static void drop_refused(struct schema_work *w, const struct schema_place *at)
{
	cJSON *properties = schema_member(at->schema, "properties"), *v, *next;

	for (v = properties == NULL ? NULL : properties->child; v != NULL;
	     v = next) {
		next = v->next;
		if (!is_refused(at, v->string))
			continue;
		open_rest(w, at, "none but those listed");
		schema_lose(w, at, SCHEMA_LOSS_PROPERTY,
			    arena_printf(w->arena, "\"%s\": %s", v->string,
					 schema_brief(w, v)));
		cJSON_Delete(cJSON_DetachItemViaPointer(properties, v));
	}
}

/* Of two properties of one name the later one counts. */
static void drop_repeated(cJSON *properties)
{
	cJSON *v = properties == NULL ? NULL : properties->child, *next, *other;

	for (; v != NULL; v = next) {
		next = v->next;
		for (other = next; other != NULL; other = other->next)
			if (strcmp(other->string, v->string) == 0)
				break;
		if (other != NULL)
			cJSON_Delete(cJSON_DetachItemViaPointer(properties, v));
	}
}

/* Whether the property is declared, now: one of any kind can be. */
static bool declare(const struct schema_place *at, const char *name)
{
	const cJSON *rest = schema_member(at->schema, "additionalProperties");
	cJSON *properties = schema_member(at->schema, "properties");

	if (schema_member(properties, name) != NULL)
		return true;
	if (is_refused(at, name) || (rest != NULL && !cJSON_IsTrue(rest)))
		return false;
	if (properties == NULL)
		properties = cJSON_AddObjectToObject(at->schema, "properties");
	cJSON_AddTrueToObject(properties, name);
	return true;
}

/* Kimi refuses names in `required` that are not declared. */
static void fit_required(struct schema_work *w, const struct schema_place *at)
{
	const cJSON *old = schema_member(at->schema, "required"), *v;
	cJSON *list;

	if (old == NULL)
		return;
	list = cJSON_CreateArray();
	cJSON_ArrayForEach(v, old) {
		if (!cJSON_IsString(v) || !declare(at, v->valuestring))
			schema_lose(w, at, SCHEMA_LOSS_REQUIRED,
				    schema_brief(w, v));
		else if (!schema_lists(list, v->valuestring))
			cJSON_AddItemToArray(list, cJSON_Duplicate(v, true));
	}
	schema_set(at->schema, "required", list);
}

static bool matches_all(const char *pattern)
{
	static const char *const patterns[] = { "",	     "^",     ".*",
						"^.*",	     "^.*$",  "^(.*)$",
						".*$",	     "^(.*)", "(.*)",
						"[\\s\\S]*", NULL };

	return schema_is_one_of(pattern, patterns);
}

/*
 * Kimi does not read patternProperties: one about all names is
 * additionalProperties; else `additionalProperties` would forbid what matches.
 */
static void fit_patterns(struct schema_work *w, const struct schema_place *at)
{
	cJSON *patterns = schema_member(at->schema, "patternProperties");
	const cJSON *named = schema_member(at->schema, "properties");
	cJSON *only = patterns == NULL ? NULL : patterns->child;

	if (only == NULL)
		return;
	if (only->next == NULL && matches_all(only->string) &&
	    (named == NULL || named->child == NULL)) {
		only = cJSON_DetachItemViaPointer(patterns, only);
		schema_drop(at->schema, "patternProperties");
		schema_set(at->schema, "additionalProperties", only);
		return;
	}
	open_rest(w, at, "none but those of patternProperties");
}

void schema_cut_properties(struct schema_work *w, const struct schema_place *at)
{
	const cJSON *properties = schema_member(at->schema, "properties");
	cJSON *names;
	const cJSON *v;

	if (at->depth < SCHEMA_MAX_DEPTH || properties == NULL)
		return;
	names = cJSON_CreateArray();
	cJSON_ArrayForEach(v, properties)
		cJSON_AddItemToArray(names, cJSON_CreateString(v->string));
	if (names->child != NULL)
		schema_lose(w, at, SCHEMA_LOSS_DEEP, schema_brief(w, names));
	cJSON_Delete(names);
	schema_drop(at->schema, "properties");
	schema_drop(at->schema, "required");
	schema_drop(at->schema, "additionalProperties");
}

void schema_fit_object(struct schema_work *w, const struct schema_place *at)
{
	drop_repeated(schema_member(at->schema, "properties"));
	drop_refused(w, at);
	fit_patterns(w, at);
	fit_required(w, at);
	schema_cut_properties(w, at);
}
