/* SPDX-License-Identifier: MIT */
/* Moonshot flavored JSON Schema: those rules of the service's own validator
 * that legal schemas break most often. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform_schema.h"

#define DEFS "#/$defs/"

/* A schema still to be checked. */
struct place {
	struct place *next;
	const cJSON *schema;
	bool may_be_empty;
	struct text path;
};

struct walk {
	struct place *todo;
	const cJSON *root;
	const char *what;
	struct refusal *no;
};

static const cJSON *keyword(const cJSON *schema, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(schema, name);
}

static void path_add(struct text *path, const struct place *above,
		     const char *below)
{
	bool deeper = above && above->path.length;

	if (deeper)
		text_put(path, above->path.at);
	text_printf(path, "%s%s", deeper && *below ? "." : "", below);
}

/* Always false. */
__attribute__((format(printf, 4, 5))) static bool
breach(const struct walk *walk, const struct place *at, const char *below,
       const char *format, ...)
{
	struct text path = { 0 };
	char why[256];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(why, sizeof(why), format, arguments);
	va_end(arguments);
	path_add(&path, at, below);
	(void)refuse(walk->no,
		     "Invalid request: %s is not a valid moonshot flavored "
		     "json schema, details: <At path '%s': %s>",
		     walk->what, path.length ? path.at : "root", why);
	text_fini(&path);
	return false;
}

/* A schema below another, at `path` there. */
static void push(struct walk *walk, const struct place *above,
		 const cJSON *schema, bool may_be_empty, const char *path)
{
	struct place *place = memory_new(sizeof(*place));

	place->schema = schema;
	place->may_be_empty = may_be_empty;
	path_add(&place->path, above, path);
	place->next = walk->todo;
	walk->todo = place;
}

static bool is_type(const cJSON *type)
{
	static const char words[] =
		" null boolean object array number integer string ";
	const char *word = cJSON_GetStringValue(type);
	const char *found = NULL;

	if (word && *word && !strchr(word, ' '))
		found = strstr(words, word);
	return found && found[-1] == ' ' && found[strlen(word)] == ' ';
}

static bool types_check(const struct walk *walk, const struct place *at,
			const cJSON *type)
{
	const cJSON *one;

	if (cJSON_IsString(type))
		return is_type(type) || breach(walk, at, "", "invalid type");
	if (!cJSON_IsArray(type) || !type->child)
		return breach(walk, at, "type",
			      "type must be string or array of strings");
	cJSON_ArrayForEach(one, type)
		if (!is_type(one))
			return breach(walk, at, "",
				      "invalid type in type array");
	return true;
}

static bool type_check(const struct walk *walk, const struct place *at)
{
	const cJSON *type = keyword(at->schema, "type");
	const cJSON *any = keyword(at->schema, "anyOf");
	const cJSON *ref = keyword(at->schema, "$ref");

	if (!type)
		return any || ref || (!at->schema->child && at->may_be_empty) ||
		       breach(walk, at, "", "type is not defined");
	if (any)
		return breach(walk, at, "",
			      "when using anyOf, type should be defined in "
			      "anyOf items instead of the parent schema");
	if (ref)
		return breach(walk, at, "",
			      "when using $ref, type should be defined in the "
			      "referenced schema instead of the parent schema");
	return types_check(walk, at, type);
}

/* Keywords that limit nothing. */
static bool is_note(const char *name)
{
	return strcmp(name, "description") == 0 || strcmp(name, "title") == 0 ||
	       strcmp(name, "default") == 0;
}

static bool ref_check(const struct walk *walk, const struct place *at)
{
	const cJSON *ref = keyword(at->schema, "$ref"), *other;
	const char *url = cJSON_GetStringValue(ref);

	if (!ref)
		return true;
	if (!url)
		return breach(walk, at, "$ref", "$ref must be a string");
	cJSON_ArrayForEach(other, at->schema)
		if (other != ref && !is_note(other->string))
			return breach(
				walk, at, "",
				"keyword %.50s is not allowed at the same "
				"level as $ref",
				other->string);
	if (strcmp(url, "#") == 0)
		return true;
	if (strncmp(url, DEFS, strlen(DEFS)) != 0)
		return breach(walk, at, "$ref",
			      "references must start with " DEFS);
	return keyword(keyword(walk->root, "$defs"), url + strlen(DEFS)) ||
	       breach(walk, at, "$ref", "$defs not found for reference %.100s",
		      url);
}

static bool any_check(struct walk *walk, const struct place *at)
{
	const cJSON *any = keyword(at->schema, "anyOf"), *branch, *inner;
	char path[32];
	int index = 0;

	if (any && !cJSON_IsArray(any))
		return breach(walk, at, "anyOf", "anyOf must be an array");
	cJSON_ArrayForEach(branch, any) {
		if (!cJSON_IsObject(branch))
			return breach(walk, at, "anyOf",
				      "schema in anyOf must be an object");
		cJSON_ArrayForEach(inner, branch)
			if (!is_note(inner->string) &&
			    keyword(at->schema, inner->string))
				return breach(walk, at, "",
					      "conflicting keywords found in "
					      "anyOf with parent: %.50s",
					      inner->string);
		(void)snprintf(path, sizeof(path), "anyOf{%d}", index++);
		push(walk, at, branch, false, path);
	}
	return true;
}

/* Named schemas: properties, or definitions. */
static bool named_check(struct walk *walk, const struct place *at,
			const char *name, const char *of)
{
	const cJSON *all = keyword(at->schema, name), *one;
	char path[128];

	if (all && !cJSON_IsObject(all))
		return breach(walk, at, name, "%s must be an object", name);
	cJSON_ArrayForEach(one, all) {
		if (!cJSON_IsObject(one))
			return breach(walk, at, name,
				      "%s schema for '%.50s' must be an object",
				      of, one->string);
		(void)snprintf(path, sizeof(path), "%s.%.100s", name,
			       one->string);
		push(walk, at, one, false, path);
	}
	return true;
}

static bool required_check(const struct walk *walk, const struct place *at)
{
	const cJSON *required = keyword(at->schema, "required"), *name;
	const cJSON *properties = keyword(at->schema, "properties");

	if (required && !cJSON_IsArray(required))
		return breach(walk, at, "required",
			      "required must be an array");
	cJSON_ArrayForEach(name, required) {
		if (!cJSON_IsString(name))
			return breach(walk, at, "required",
				      "items in required array must be "
				      "strings");
		if (!keyword(properties, name->valuestring))
			return breach(
				walk, at, "required",
				"required property '%.50s' is not defined "
				"in properties",
				name->valuestring);
	}
	return true;
}

static bool rest_check(struct walk *walk, const struct place *at)
{
	const cJSON *items = keyword(at->schema, "items");
	const cJSON *more = keyword(at->schema, "additionalProperties");
	const cJSON *values = keyword(at->schema, "enum");

	if (items && !cJSON_IsObject(items))
		return breach(walk, at, "items", "items must be an object");
	if (items)
		push(walk, at, items, true, "items");
	if (more && !cJSON_IsBool(more) && !cJSON_IsObject(more))
		return breach(walk, at, "additionalProperties",
			      "additionalProperties must be a boolean or an "
			      "object");
	if (cJSON_IsObject(more))
		push(walk, at, more, true, "additionalProperties");
	return !values || (cJSON_IsArray(values) && values->child) ||
	       breach(walk, at, "enum",
		      "enum must be an array and cannot be empty");
}

static bool place_check(struct walk *walk, const struct place *at)
{
	return type_check(walk, at) && ref_check(walk, at) &&
	       any_check(walk, at) && named_check(walk, at, "$defs", "$defs") &&
	       named_check(walk, at, "properties", "property") &&
	       required_check(walk, at) && rest_check(walk, at);
}

bool platform_check_schema(const cJSON *schema, const char *what,
			   struct refusal *no)
{
	struct walk walk = { .root = schema, .what = what, .no = no };
	bool good = true;

	if (!keyword(schema, "anyOf") &&
	    strcmp(platform_word(schema, "type"), "object") != 0)
		return refuse(no,
			      "Invalid request: %s.type is required and must "
			      "be \"object\"",
			      what);
	push(&walk, NULL, schema, false, "");
	while (walk.todo) {
		struct place *at = walk.todo;

		walk.todo = at->next;
		good = good && place_check(&walk, at);
		text_fini(&at->path);
		free(at);
	}
	return good;
}
