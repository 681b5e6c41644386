/* SPDX-License-Identifier: MIT */
/* References in keywords that Kimi does not read as schemas. */
#include "upstream/schema/inline_internal.h"

#include <string.h>

#include "upstream/schema/words_internal.h"

static bool has_ref(const cJSON *value)
{
	const cJSON *v;

	if (schema_member(value, "$ref") != NULL)
		return true;
	cJSON_ArrayForEach(v, value)
		if (has_ref(v))
			return true;
	return false;
}

/* Moves the members of the copy that the schema does not have itself. */
static void add_members(cJSON *schema, cJSON *copy)
{
	for (cJSON *v = copy->child, *next; v != NULL; v = next) {
		next = v->next;
		if (schema_member(schema, v->string) == NULL)
			cJSON_AddItemToObject(schema, v->string,
					      cJSON_DetachItemViaPointer(copy,
									 v));
	}
	cJSON_Delete(copy);
}

static bool inline_refs(struct schema_work *w, cJSON *value,
			const struct schema_inlined *above)
{
	const cJSON *ref = schema_member(value, "$ref");
	struct schema_inlined inlined = { .above = above };
	cJSON *copy, *v;

	if (ref == NULL) {
		cJSON_ArrayForEach(v, value)
			if (!inline_refs(w, v, above))
				return false;
		return true;
	}
	if (!cJSON_IsString(ref) || schema_target(w, ref->valuestring) == NULL)
		return false;
	for (; above != NULL; above = above->above)
		if (strcmp(above->ref, ref->valuestring) == 0)
			return false;
	copy = schema_copy(w, schema_target(w, ref->valuestring));
	if (copy == NULL)
		return false;
	inlined.ref = arena_copy(w->arena, ref->valuestring);
	schema_drop(value, "$ref");
	add_members(value, copy);
	return inline_refs(w, value, &inlined);
}

/* False if it said that the keyword was lost: in a member of the schema. */
static bool mend(struct schema_work *w, const struct schema_place *at,
		 cJSON *value)
{
	bool rule = schema_word_is_rule(value->string);
	const char *said;

	if (!has_ref(value))
		return true;
	said = arena_printf(w->arena, "%s %s", value->string,
			    schema_brief(w, value));
	if (rule && inline_refs(w, value, NULL))
		return true;
	cJSON_Delete(cJSON_DetachItemViaPointer(at->schema, value));
	if (rule)
		schema_lose(w, at, SCHEMA_LOSS_HIDDEN_REF, said);
	return !rule;
}

void schema_inline_hidden(struct schema_work *w, const struct schema_place *at)
{
	static const char *const read[] = { "properties", "items",
					    "additionalProperties", NULL };

	for (cJSON *v = at->schema->child, *next; v != NULL; v = next) {
		next = v->next;
		if (cJSON_IsObject(v) && !schema_is_one_of(v->string, read) &&
		    !mend(w, at, v))
			next = at->schema->child;
	}
}
