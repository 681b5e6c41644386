/* SPDX-License-Identifier: MIT */
/* References in keywords that Kimi does not read as schemas. */
#include "upstream/schema/inline_internal.h"

#include <string.h>

#include "upstream/schema/words_internal.h"

/* JSON is printed by recursion, on a small stack. */
#define MOST_NESTED 100

/* A value that is still to be looked at. */
struct step {
	struct step *next;
	cJSON *value;
	unsigned nesting;		      /* values above it */
	const struct schema_inlined *inlined; /* that it came from */
};

static struct step *step_new(struct schema_work *w, cJSON *value)
{
	struct step *step = arena_alloc(w->arena, sizeof(*step));

	step->value = value;
	return step;
}

static void add_children(struct schema_work *w, struct step **first)
{
	struct step *step = *first;
	cJSON *v;

	*first = step->next;
	cJSON_ArrayForEach(v, step->value) {
		struct step *below = step_new(w, v);

		below->next = *first;
		below->nesting = step->nesting + 1;
		below->inlined = step->inlined;
		*first = below;
	}
}

static bool has_ref(struct schema_work *w, cJSON *value)
{
	struct step *first = step_new(w, value);

	while (first != NULL && schema_member(first->value, "$ref") == NULL)
		add_children(w, &first);
	return first != NULL;
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

/* Puts a copy in the place of a reference; false if that cannot be done. */
static bool inline_ref(struct schema_work *w, struct step *at, const cJSON *ref)
{
	const cJSON *target = NULL;
	struct schema_inlined *inlined;
	cJSON *copy;

	if (cJSON_IsString(ref) && at->nesting <= MOST_NESTED)
		target = schema_target(w, ref->valuestring);
	if (target == NULL)
		return false;
	for (const struct schema_inlined *i = at->inlined; i != NULL;
	     i = i->above)
		if (strcmp(i->ref, ref->valuestring) == 0)
			return false;
	copy = schema_copy(w, target);
	if (copy == NULL)
		return false;
	inlined = arena_alloc(w->arena, sizeof(*inlined));
	inlined->above = at->inlined;
	inlined->ref = arena_copy(w->arena, ref->valuestring);
	at->inlined = inlined;
	schema_drop(at->value, "$ref");
	add_members(at->value, copy);
	return true;
}

static bool inline_refs(struct schema_work *w, cJSON *value)
{
	struct step *first = step_new(w, value);

	while (first != NULL) {
		const cJSON *ref = schema_member(first->value, "$ref");

		if (ref == NULL)
			add_children(w, &first);
		else if (!inline_ref(w, first, ref))
			return false;
	}
	return true;
}

/* False if it said that the keyword was lost: in a member of the schema. */
static bool mend(struct schema_work *w, const struct schema_place *at,
		 cJSON *value)
{
	bool rule = schema_word_is_rule(value->string);
	const char *said;

	if (!has_ref(w, value))
		return true;
	said = arena_printf(w->arena, "%s %s", value->string,
			    schema_brief(w, value));
	if (rule && inline_refs(w, value))
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
