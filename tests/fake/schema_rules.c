/* SPDX-License-Identifier: MIT */
/* Moonshot flavored JSON Schema: the rules for each schema by itself. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema_rules.h"

/* NOLINTBEGIN(misc-no-recursion): a schema is a tree of limited depth */

#define DEFS "#/$defs/"

/* A schema, and where it is. */
struct place {
	struct place *next;	   /* to be checked after it */
	const struct place *above; /* NULL: it is the root */
	const cJSON *schema;
	bool may_be_empty;
	bool in_defs;
	int depth; /* properties above it */
	char name[128];
};

struct walk {
	struct place *first, **last;
	const cJSON *root;
	int properties;
	char *why; /* SCHEMA_RULES_WHY bytes */
};

static const cJSON *keyword(const cJSON *schema, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(schema, name);
}

static void path_print(char *path, size_t size, const struct place *at)
{
	size_t n;

	*path = '\0';
	if (!at || !at->above)
		return;
	path_print(path, size, at->above);
	n = strlen(path);
	(void)snprintf(path + n, size - n, "%s%s", n ? "." : "", at->name);
}

/* Always false. */
__attribute__((format(printf, 4, 5))) static bool
breach(const struct walk *walk, const struct place *at, const char *below,
       const char *format, ...)
{
	char path[512], what[256];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	path_print(path, sizeof(path), at);
	(void)snprintf(walk->why, SCHEMA_RULES_WHY, "At path '%s%s%s': %s",
		       *path || *below ? path : "root",
		       *path && *below ? "." : "", below, what);
	return false;
}

/* A schema below another, at `name` there. */
static struct place *push(struct walk *walk, const struct place *above,
			  const cJSON *schema, const char *name)
{
	struct place *place = calloc(1, sizeof(*place));

	if (!place)
		abort();
	place->schema = schema;
	place->above = above;
	place->depth = above ? above->depth : 0;
	place->in_defs = above && above->in_defs;
	(void)snprintf(place->name, sizeof(place->name), "%s", name);
	*walk->last = place;
	walk->last = &place->next;
	return place;
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

/* Keywords that limit nothing, and may be anywhere. */
static bool is_note(const char *name)
{
	return strcmp(name, "description") == 0 || strcmp(name, "title") == 0;
}

/* Several types: with an enum, null and one other; else with nothing. */
static bool several_check(const struct walk *walk, const struct place *at,
			  const cJSON *types)
{
	const cJSON *one;
	bool null = false, scalar = cJSON_GetArraySize(types) == 2;

	cJSON_ArrayForEach(one, types) {
		null = null || strcmp(one->valuestring, "null") == 0;
		scalar = scalar && strcmp(one->valuestring, "object") != 0 &&
			 strcmp(one->valuestring, "array") != 0;
	}
	if (keyword(at->schema, "enum"))
		return (null && scalar) ||
		       breach(walk, at, "",
			      "when type is array and enum is specified, one "
			      "must be null");
	cJSON_ArrayForEach(one, at->schema)
		if (!is_note(one->string) && strcmp(one->string, "type") != 0)
			return breach(walk, at, "",
				      "keyword %.50s is not allowed in "
				      "combination with multiple types",
				      one->string);
	return true;
}

static bool types_check(const struct walk *walk, const struct place *at,
			const cJSON *type)
{
	const cJSON *one;

	if (cJSON_IsString(type))
		return is_type(type) || breach(walk, at, "", "invalid type");
	if (!cJSON_IsArray(type))
		return breach(walk, at, "type",
			      "type must be string or array of strings");
	if (!type->child)
		return breach(walk, at, "", "type array cannot be empty");
	cJSON_ArrayForEach(one, type)
		if (!is_type(one))
			return breach(walk, at, "",
				      "invalid type in type array");
	return !type->child->next || several_check(walk, at, type);
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

/* "#/$defs/a/properties/b": every step is the name of an object. */
static const cJSON *resolve(const cJSON *root, const char *url)
{
	const cJSON *at = root;

	for (url += strlen("#"); at && *url == '/';) {
		size_t n = strcspn(++url, "/");
		char *step = strndup(url, n);

		if (!step)
			abort();
		at = cJSON_IsObject(at) ? keyword(at, step) : NULL;
		url += n;
		free(step);
	}
	return cJSON_IsObject(at) ? at : NULL;
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
	return resolve(walk->root, url) ||
	       breach(walk, at, "$ref", "$defs not found for reference %.100s",
		      url);
}

/* Where the service expects schemas: by the last names on the way there. */
static bool is_expected(const char *key, const char *above)
{
	return strcmp(above, "properties") == 0 || strcmp(key, "items") == 0 ||
	       strcmp(key, "anyOf") == 0 ||
	       strcmp(key, "additionalProperties") == 0;
}

static bool leads_nowhere(const struct walk *walk, const char *url)
{
	return strcmp(url, "#") != 0 &&
	       (strncmp(url, DEFS, strlen(DEFS)) != 0 ||
		!resolve(walk->root, url));
}

/* References in what is not read as a schema. `key` and `above` are the last
 * names on the way to it, `below` is the keyword of the schema. */
static bool hidden_check(const struct walk *walk, const struct place *at,
			 const cJSON *value, const char *key, const char *above,
			 const char *below)
{
	const cJSON *ref = keyword(value, "$ref"), *v;
	const char *url = cJSON_GetStringValue(ref);

	if (ref && !url)
		return breach(walk, at, below, "$ref must be a string");
	if (url && leads_nowhere(walk, url))
		return breach(walk, at, below, "invalid $ref path: %.100s",
			      url);
	if (url && !is_expected(key, above))
		return breach(walk, at, below,
			      "$ref is not allowed in this schema.");
	cJSON_ArrayForEach(v, value) {
		const char *name = v->string ? v->string : key;

		if ((cJSON_IsObject(v) || strcmp(name, "anyOf") == 0) &&
		    !hidden_check(walk, at, v, name, key, below))
			return false;
	}
	return true;
}

/* The service looks for references in all that is an object, except within
 * definitions. */
static bool strays_check(const struct walk *walk, const struct place *at)
{
	const cJSON *v;

	if (at->in_defs)
		return true;
	cJSON_ArrayForEach(v, at->schema)
		if (cJSON_IsObject(v) && !is_expected(v->string, "") &&
		    strcmp(v->string, "properties") != 0 &&
		    strcmp(v->string, "$defs") != 0 &&
		    !hidden_check(walk, at, v, v->string, "", v->string))
			return false;
	return true;
}

static bool any_check(struct walk *walk, const struct place *at)
{
	const cJSON *any = keyword(at->schema, "anyOf"), *branch, *inner;
	int n = cJSON_GetArraySize(any), index = 0;
	char path[32];

	if (any && !cJSON_IsArray(any))
		return breach(walk, at, "anyOf", "anyOf must be an array");
	if (any && (n == 0 || n > SCHEMA_RULES_BRANCHES))
		return breach(walk, at, "anyOf", "anyOf must have 1-%d items",
			      SCHEMA_RULES_BRANCHES);
	cJSON_ArrayForEach(branch, any) {
		if (!cJSON_IsObject(branch))
			return breach(walk, at, "anyOf",
				      "schema in anyOf must be an object");
		cJSON_ArrayForEach(inner, branch)
			if (!is_note(inner->string) &&
			    strcmp(inner->string, "anyOf") != 0 &&
			    keyword(at->schema, inner->string))
				return breach(walk, at, "",
					      "conflicting keywords found in "
					      "anyOf with parent: %.50s",
					      inner->string);
		(void)snprintf(path, sizeof(path), "anyOf{%d}", index++);
		push(walk, at, branch, path);
	}
	return true;
}

/* In definitions no name at all may have a slash. */
static bool slash_check(const struct walk *walk, const struct place *at,
			const cJSON *value)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, value) {
		if (v->string && strchr(v->string, '/'))
			return breach(walk, at, "$defs",
				      "$defs property name '%.50s' cannot "
				      "contain '/' character",
				      v->string);
		if (!slash_check(walk, at, v))
			return false;
	}
	return true;
}

static bool name_check(const struct walk *walk, const struct place *at,
		       const char *name, const char *in)
{
	static const char *const reserved[] = { "$defs", "$ref", "anyOf",
						"required",
						"additionalProperties" };

	if (strcmp(in, "$defs") == 0)
		return *name || breach(walk, at, in,
				       "$defs property name cannot be empty");
	for (size_t i = 0; i < sizeof(reserved) / sizeof(*reserved); i++)
		if (strcmp(name, reserved[i]) == 0)
			return breach(walk, at, in,
				      "property name '%s' is reserved for "
				      "JSON Schema keywords",
				      name);
	/* Its path is then read as that of a branch. */
	return !strchr(name, '{') || !strchr(name, '}') ||
	       breach(walk, at, in, "invalid path: %.50s", name);
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
		struct place *below;

		if (!name_check(walk, at, one->string, name))
			return false;
		if (!cJSON_IsObject(one))
			return breach(walk, at, name,
				      "%s schema for '%.50s' must be an object",
				      of, one->string);
		(void)snprintf(path, sizeof(path), "%s.%.100s", name,
			       one->string);
		below = push(walk, at, one, path);
		below->depth += *name == 'p';
		below->in_defs |= *name == '$';
	}
	if (*name == '$')
		return slash_check(walk, at, all);
	walk->properties += cJSON_GetArraySize(all);
	return walk->properties <= SCHEMA_RULES_PROPERTIES ||
	       breach(walk, at, "",
		      "total number of properties keys(%d) across all "
		      "objects exceeds maximum limit of %d",
		      walk->properties, SCHEMA_RULES_PROPERTIES);
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

static bool values_check(const struct walk *walk, const struct place *at)
{
	const char *below = "",
		   *wrong = schema_rules_values(at->schema, &below);

	return !wrong || breach(walk, at, below, "%s", wrong);
}

static bool below_check(struct walk *walk, const struct place *at)
{
	const cJSON *items = keyword(at->schema, "items");
	const cJSON *more = keyword(at->schema, "additionalProperties");

	if (items && !cJSON_IsObject(items))
		return breach(walk, at, "items", "items must be an object");
	if (items)
		push(walk, at, items, "items");
	if (more && !cJSON_IsBool(more) && !cJSON_IsObject(more))
		return breach(walk, at, "additionalProperties",
			      "additionalProperties must be a boolean or an "
			      "object");
	if (cJSON_IsObject(more))
		push(walk, at, more, "additionalProperties")->may_be_empty =
			true;
	return true;
}

static bool place_check(struct walk *walk, const struct place *at)
{
	if (at->depth > SCHEMA_RULES_DEPTH)
		return breach(walk, at, "",
			      "schema depth exceeds maximum limit of %d",
			      SCHEMA_RULES_DEPTH);
	return type_check(walk, at) && ref_check(walk, at) &&
	       strays_check(walk, at) && any_check(walk, at) &&
	       named_check(walk, at, "$defs", "$defs") &&
	       named_check(walk, at, "properties", "property") &&
	       required_check(walk, at) && values_check(walk, at) &&
	       below_check(walk, at);
}

static bool size_check(const cJSON *schema)
{
	char *text = cJSON_PrintUnformatted(schema);
	size_t n = text ? strlen(text) : 0;

	free(text);
	return n <= SCHEMA_RULES_BYTES;
}

bool schema_rules_check(const cJSON *schema, char *why)
{
	struct walk walk = { .root = schema, .why = why };
	const char *cycles = NULL;
	bool good = true;

	if (!size_check(schema))
		return breach(&walk, NULL, "",
			      "schema exceeds maximum allowed size");
	walk.last = &walk.first;
	push(&walk, NULL, schema, "");
	for (struct place *at = walk.first; at && good; at = at->next)
		good = place_check(&walk, at);
	if (good)
		cycles = schema_rules_cycles(schema);
	while (walk.first) {
		struct place *at = walk.first;

		walk.first = at->next;
		free(at);
	}
	return good && (!cycles || breach(&walk, NULL, "", "%s", cycles));
}

/* NOLINTEND(misc-no-recursion) */
