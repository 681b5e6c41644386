/* SPDX-License-Identifier: MIT */
/* The tools with which the steps of rewriting a schema work. */
#include "upstream/schema/work_internal.h"

#include <stdlib.h>
#include <string.h>

#define BRIEF 200
#define LONG_TEXT 100 /* so much of it counts as a value */

/* For the developer, in an error; and for the model, in a description. */
static const struct {
	const char *reason, *note;
} losses[SCHEMA_LOSSES] = {
	[SCHEMA_LOSS_NO_SCHEMA] = { "it must be an object", NULL },
	[SCHEMA_LOSS_NOTHING_FITS] = { "no value can fit it",
				       "No value fits: leave it out." },
	[SCHEMA_LOSS_WORD] = { "a keyword has a value of the wrong type",
			       "Further rule: %s." },
	[SCHEMA_LOSS_TYPE] = { "its type is not one of JSON's",
			       "Its type: %s." },
	[SCHEMA_LOSS_ENUM] = { "'enum' has no value of its type", NULL },
	[SCHEMA_LOSS_LIMIT] = { "its limits contradict each other",
				"Further rule: %s." },
	[SCHEMA_LOSS_SLASH] = { "Kimi accepts no name with a slash in a "
				"definition",
				"Further rule: %s." },
	[SCHEMA_LOSS_OVERLAP] = { "the branches of 'oneOf' do not exclude each "
				  "other by type or by a constant; use 'anyOf'",
				  "Exactly one of the alternatives must fit." },
	[SCHEMA_LOSS_ALTERNATIVES] = { "it has too many alternatives",
				       "Further rule, any of: %s." },
	[SCHEMA_LOSS_REFERENCE] = { "its '$ref' points to nothing in the same "
				    "schema",
				    "Defined elsewhere: %s." },
	[SCHEMA_LOSS_HIDDEN_REF] = { "it has a '$ref' in a keyword where Kimi "
				     "accepts none",
				     "Further rule: %s." },
	[SCHEMA_LOSS_BESIDE_REF] = { "the keywords next to '$ref' cannot be "
				     "joined with what it leads to",
				     "Further rule: %s." },
	[SCHEMA_LOSS_RULE] = { "the schemas of 'allOf' cannot be merged into "
			       "one",
			       "Further rule: %s." },
	[SCHEMA_LOSS_VALUES] = { "'enum' is too long", "One of: %s." },
	[SCHEMA_LOSS_REQUIRED] = { "'required' has a name that 'properties' "
				   "lacks",
				   "Required, too: %s." },
	[SCHEMA_LOSS_PROPERTY] = { "Kimi accepts no property of that name",
				   "It may also have %s." },
	[SCHEMA_LOSS_REST] = { "'additionalProperties' would forbid properties "
			       "that are allowed elsewhere",
			       "Other properties: %s." },
	[SCHEMA_LOSS_TUPLE] = { "'items' cannot follow 'prefixItems'",
				"Further items: %s." },
	[SCHEMA_LOSS_DEEP] = { "it is nested too deeply",
			       "Not described further: %s." },
	[SCHEMA_LOSS_ENDLESS] = { "it requires itself endlessly",
				  "Required, if it can end: %s." },
	[SCHEMA_LOSS_ROOT] = { "the root must have the type object",
			       "The value itself goes into %s." },
	[SCHEMA_LOSS_COMBINATIONS] = { "the root cannot have alternatives",
				       "Use one of these combinations: %s." },
};

cJSON *schema_member(const cJSON *schema, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(schema, key);
}

cJSON *schema_take(cJSON *schema, const char *key)
{
	return cJSON_DetachItemFromObjectCaseSensitive(schema, key);
}

void schema_drop(cJSON *schema, const char *key)
{
	cJSON_DeleteItemFromObjectCaseSensitive(schema, key);
}

void schema_set(cJSON *schema, const char *key, cJSON *value)
{
	if (value == NULL)
		abort();
	if (schema_member(schema, key) != NULL)
		cJSON_ReplaceItemInObjectCaseSensitive(schema, key, value);
	else
		cJSON_AddItemToObject(schema, key, value);
}

void schema_set_text(cJSON *schema, const char *key, const char *text)
{
	schema_set(schema, key, cJSON_CreateString(text));
}

void schema_clear(cJSON *schema)
{
	cJSON_Delete(schema->child);
	cJSON_free(schema->valuestring);
	schema->child = NULL;
	schema->valuestring = NULL;
	schema->type = (schema->type & ~0xFF) | cJSON_Object;
}

bool schema_text_is(const cJSON *value, const char *text)
{
	return cJSON_IsString(value) && strcmp(value->valuestring, text) == 0;
}

bool schema_lists(const cJSON *list, const char *name)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, list)
		if (schema_text_is(v, name))
			return true;
	return false;
}

bool schema_is_one_of(const char *word, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcmp(*words, word) == 0)
			return true;
	return false;
}

cJSON *schema_target(const struct schema_work *w, const char *ref)
{
	static const char defs[] = "#/$defs/";

	if (strcmp(ref, "#") == 0)
		return w->root;
	if (strncmp(ref, defs, strlen(defs)) != 0)
		return NULL;
	return schema_member(w->defs, ref + strlen(defs));
}

size_t schema_count(const cJSON *value, size_t most)
{
	size_t n = 1;

	if (cJSON_IsString(value))
		n += strlen(value->valuestring) / LONG_TEXT;
	if (value->string != NULL)
		n += strlen(value->string) / LONG_TEXT;
	for (const cJSON *v = value->child; v != NULL && n < most; v = v->next)
		n += schema_count(v, most - n);
	return n;
}

cJSON *schema_copy(struct schema_work *w, const cJSON *value)
{
	size_t n = schema_count(value, w->left);
	cJSON *copy;

	if (n >= w->left) {
		w->left = 0;
		return NULL;
	}
	w->left -= n;
	copy = cJSON_Duplicate(value, true);
	if (copy == NULL)
		abort();
	return copy;
}

struct schema_place *schema_add_place(struct schema_work *w,
				      const struct schema_place *above,
				      cJSON *schema, const char *key)
{
	struct schema_place *at = arena_alloc(w->arena, sizeof(*at));
	bool property = key != NULL && strcmp(key, "properties") == 0;

	at->above = above;
	at->schema = schema;
	at->key = key;
	if (property || (key != NULL && strcmp(key, "$defs") == 0))
		at->name = schema->string;
	if (above != NULL) {
		at->depth = above->depth + property;
		at->nesting = above->nesting + 1;
		at->in_defs = above->in_defs;
		at->inlined = above->inlined;
	}
	*w->last = at;
	w->last = &at->next;
	return at;
}

const char *schema_path(const struct schema_work *w,
			const struct schema_place *at)
{
	const char *path = "";

	for (; at != NULL && at->key != NULL; at = at->above)
		path = arena_printf(w->arena, "%s%s%s%s%s", at->key,
				    at->name == NULL ? "" : ".",
				    at->name == NULL ? "" : at->name,
				    *path == '\0' ? "" : ".", path);
	return path;
}

void schema_describe(struct schema_work *w, cJSON *schema, const char *text)
{
	const char *old =
		cJSON_GetStringValue(schema_member(schema, "description"));
	size_t n = strlen(text) + (old == NULL ? 0 : strlen(old));

	if (n > w->written) {
		w->written = 0;
		return;
	}
	w->written -= n;
	if (old != NULL && strstr(old, text) != NULL)
		return;
	if (old != NULL && *old != '\0')
		text = arena_printf(w->arena, "%s\n%s", old, text);
	schema_set_text(schema, "description", text);
}

void schema_lose(struct schema_work *w, const struct schema_place *at,
		 enum schema_loss loss, const char *detail)
{
	const char *note = losses[loss].note;
	const char *gap = note == NULL ? NULL : strstr(note, "%s");

	if (w->loss == SCHEMA_LOSS_NONE) {
		w->loss = loss;
		w->lost_at = schema_path(w, at);
	}
	if (gap != NULL && detail != NULL)
		note = arena_printf(w->arena, "%.*s%s%s", (int)(gap - note),
				    note, detail, gap + 2);
	else if (gap != NULL)
		return;
	if (note != NULL)
		schema_describe(w, at->schema, note);
}

const char *schema_brief(const struct schema_work *w, const cJSON *value)
{
	const char *text = json_print(w->arena, value);
	size_t n = strlen(text), end = BRIEF;

	if (n <= BRIEF)
		return text;
	while (end > 0 && ((unsigned char)text[end] & 0xC0) == 0x80)
		end--; /* not within a character */
	return arena_printf(w->arena, "%.*s…", (int)end, text);
}

const char *schema_reason(enum schema_loss loss)
{
	return losses[loss].reason;
}
