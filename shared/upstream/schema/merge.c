/* SPDX-License-Identifier: MIT */
/* Merges the parts of allOf, and references with rules next to them. */
#include "upstream/schema/merge_internal.h"

#include <string.h>

#include "upstream/schema/branches_internal.h"
#include "upstream/schema/join_internal.h"
#include "upstream/schema/types_internal.h"
#include "upstream/schema/words_internal.h"

struct merger {
	struct schema_work *work;
	struct schema_place *at;
	cJSON *parts; /* still to be joined to the schema */
	bool joined;
};

static void clean(struct merger *m, cJSON *schema)
{
	schema_clean_words(m->work, m->at, schema);
	schema_clean_type(m->work, m->at, schema);
	schema_clean_branches(m->work, m->at, schema);
}

/* Moves the parts of an allOf to those that are to be joined. */
static void move_parts(struct merger *m, cJSON *schema)
{
	cJSON *all = schema_take(schema, "allOf"), *part;

	while ((part = cJSON_DetachItemFromArray(all, 0)) != NULL)
		cJSON_AddItemToArray(m->parts, part);
	cJSON_Delete(all);
}

/* Lets what a reference leads to be joined; false if it cannot. */
static bool inline_ref(struct merger *m, const char *ref)
{
	const cJSON *target = schema_target(m->work, ref);
	const struct schema_inlined *i;
	struct schema_inlined *inlined;
	cJSON *copy;

	for (i = m->at->inlined; i != NULL; i = i->above)
		if (strcmp(i->ref, ref) == 0)
			return false;
	if (target == NULL || target == m->at->schema)
		return false;
	copy = schema_copy(m->work, target);
	if (copy == NULL)
		return false;
	cJSON_AddItemToArray(m->parts, copy);
	inlined = arena_alloc(m->work->arena, sizeof(*inlined));
	inlined->above = m->at->inlined;
	inlined->ref = arena_copy(m->work->arena, ref);
	m->at->inlined = inlined;
	return true;
}

/* A part's reference becomes the schema's if that has none. */
static void join_ref(struct merger *m, cJSON *part)
{
	cJSON *ref = schema_take(part, "$ref");
	const cJSON *known = schema_member(m->at->schema, "$ref");

	if (ref == NULL)
		return;
	if (known == NULL) {
		cJSON_AddItemToObject(m->at->schema, "$ref", ref);
		return;
	}
	if (!schema_text_is(known, ref->valuestring) &&
	    !inline_ref(m, ref->valuestring))
		schema_lose(m->work, m->at, SCHEMA_LOSS_RULE,
			    schema_brief(m->work, ref));
	cJSON_Delete(ref);
}

static void join_parts(struct merger *m)
{
	cJSON *part;

	while ((part = cJSON_DetachItemFromArray(m->parts, 0)) != NULL) {
		m->joined = true;
		clean(m, part);
		move_parts(m, part);
		join_ref(m, part);
		schema_join(m->work, m->at, part);
		cJSON_Delete(part);
	}
}

/* Whether the type next to a reference is what it leads to anyway, or cannot be
 * meant: up to draft 7 nothing next to a reference counts. */
static bool type_adds_nothing(const struct merger *m, const char *ref)
{
	const cJSON *type = schema_member(m->at->schema, "type");
	unsigned own = schema_types(m->work, m->at->schema);
	unsigned there = schema_types(m->work, schema_target(m->work, ref));

	return type != NULL && ((there & ~own) == 0 || (there & own) == 0);
}

/* What cannot be joined with a reference. Drafts up to 7 ignore it. */
static void drop_rules_beside(struct merger *m)
{
	cJSON *rules = cJSON_CreateObject();

	for (cJSON *v = m->at->schema->child, *next; v != NULL; v = next) {
		next = v->next;
		if (!schema_word_is_rule(v->string) ||
		    schema_word_stays(v->string) ||
		    strcmp(v->string, "$ref") == 0)
			continue;
		v = cJSON_DetachItemViaPointer(m->at->schema, v);
		cJSON_AddItemToObject(rules, v->string, v);
	}
	schema_lose(m->work, m->at, SCHEMA_LOSS_BESIDE_REF,
		    schema_brief(m->work, rules));
	cJSON_Delete(rules);
}

/* The root must be an object itself. */
static bool replace_root_ref(struct merger *m, cJSON *ref)
{
	bool inlined;

	ref = schema_take(m->at->schema, "$ref");
	inlined = inline_ref(m, ref->valuestring);
	if (!inlined)
		schema_lose(m->work, m->at, SCHEMA_LOSS_REFERENCE,
			    schema_brief(m->work, ref));
	cJSON_Delete(ref);
	return inlined;
}

/* Whether a reference was replaced by a part that is to be joined. */
static bool replace_ref(struct merger *m)
{
	cJSON *schema = m->at->schema, *ref = schema_member(schema, "$ref");

	if (ref == NULL)
		return false;
	if (m->at->above == NULL)
		return replace_root_ref(m, ref);
	if (type_adds_nothing(m, ref->valuestring))
		schema_drop(schema, "type");
	if (!schema_has_rules(schema, "$ref"))
		return false;
	ref = schema_take(schema, "$ref");
	if (inline_ref(m, ref->valuestring)) {
		cJSON_Delete(ref);
		return true;
	}
	cJSON_AddItemToObject(schema, "$ref", ref);
	drop_rules_beside(m);
	return false;
}

void schema_merge(struct schema_work *w, struct schema_place *at)
{
	struct merger m = { .work = w, .at = at, .parts = cJSON_CreateArray() };

	clean(&m, at->schema);
	move_parts(&m, at->schema);
	do
		join_parts(&m);
	while (replace_ref(&m));
	if (m.joined) /* what came together may be said in another way */
		clean(&m, at->schema);
	cJSON_Delete(m.parts);
}
