/* SPDX-License-Identifier: MIT */
/*
 * Any JSON as the schema of a tool: the rewritten schema is one that Kimi takes
 * by the rules that the fake Kimi has, it stays one when it is rewritten once
 * more, and it says no more than the first.
 *
 * An input that begins with a NUL is not JSON: its bytes choose, step by step,
 * a schema and a value. If that value fits the schema, it must fit the
 * rewritten one. Such schemas have only keywords that both Kimi and
 * schema_check know, with the meaning that JSON Schema gives them.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "emulate/schema_check.h"
#include "tests/fake/schema_rules.h"
#include "upstream/schema/rewrite.h"

/* NOLINTBEGIN(misc-no-recursion): a schema is a tree of limited depth */

#define DEEPEST 5
#define VALUES 8 /* tried with one schema */

struct choices {
	const uint8_t *p;
	size_t n;
};

/* One of that many; 0 when no bytes are left. */
static unsigned choose(struct choices *c, unsigned n)
{
	if (c->n == 0)
		return 0;
	c->n--;
	return *c->p++ % n;
}

static const char *name(struct choices *c)
{
	static const char *const names[] = { "a", "b", "c", "d/e" };

	return names[choose(c, 4)];
}

static cJSON *value(struct choices *c, unsigned depth)
{
	unsigned kind = choose(c, depth < DEEPEST ? 8 : 6);
	cJSON *v;

	switch (kind) {
	case 0:
		return cJSON_CreateNull();
	case 1:
		return cJSON_CreateString(name(c));
	case 2:
		return cJSON_CreateNumber(choose(c, 4));
	case 3:
		return cJSON_CreateNumber(choose(c, 4) + 0.5);
	case 4:
		return cJSON_CreateBool(choose(c, 2) == 0);
	case 5:
		return cJSON_CreateString("");
	case 6:
		v = cJSON_CreateArray();
		for (unsigned n = choose(c, 4); n > 0; n--)
			cJSON_AddItemToArray(v, value(c, depth + 1));
		return v;
	default:
		v = cJSON_CreateObject();
		for (unsigned n = choose(c, 4); n > 0; n--) {
			const char *key = name(c);

			if (cJSON_GetObjectItemCaseSensitive(v, key) == NULL)
				cJSON_AddItemToObject(v, key,
						      value(c, depth + 1));
		}
		return v;
	}
}

static cJSON *schema(struct choices *c, unsigned depth);

static void add_list(struct choices *c, cJSON *to, const char *key,
		     unsigned depth)
{
	cJSON *list = cJSON_AddArrayToObject(to, key);

	for (unsigned n = 1 + choose(c, 3); n > 0; n--)
		cJSON_AddItemToArray(list, schema(c, depth + 1));
}

static void add_object(struct choices *c, cJSON *to, unsigned depth)
{
	cJSON *all = cJSON_AddObjectToObject(to, "properties");
	cJSON *required = cJSON_AddArrayToObject(to, "required");

	cJSON_AddStringToObject(to, "type", "object");
	for (unsigned n = choose(c, 4); n > 0; n--) {
		const char *key = name(c);

		if (cJSON_GetObjectItemCaseSensitive(all, key) == NULL)
			cJSON_AddItemToObject(all, key, schema(c, depth + 1));
	}
	for (unsigned n = choose(c, 3); n > 0; n--)
		cJSON_AddItemToArray(required, cJSON_CreateString(name(c)));
	switch (choose(c, 3)) {
	case 1:
		cJSON_AddFalseToObject(to, "additionalProperties");
		break;
	case 2:
		cJSON_AddItemToObject(to, "additionalProperties",
				      schema(c, depth + 1));
		break;
	default:
		break;
	}
}

static void add_type(struct choices *c, cJSON *to, unsigned depth)
{
	static const char *const types[] = { "string", "number",  "integer",
					     "null",   "boolean", "array" };
	unsigned kind = choose(c, 8);
	cJSON *list;

	if (kind == 6) {
		add_object(c, to, depth);
		return;
	}
	if (kind == 7) {
		list = cJSON_AddArrayToObject(to, "type");
		for (unsigned n = 1 + choose(c, 3); n > 0; n--)
			cJSON_AddItemToArray(
				list, cJSON_CreateString(types[choose(c, 6)]));
		return;
	}
	cJSON_AddStringToObject(to, "type", types[kind]);
	if (kind == 5)
		cJSON_AddItemToObject(to, "items", schema(c, depth + 1));
}

static void add_limits(struct choices *c, cJSON *to)
{
	static const char *const keys[] = { "minimum", "maximum", "minItems",
					    "maxItems" };
	cJSON *list;

	cJSON_AddNumberToObject(to, keys[choose(c, 4)],
				(int)choose(c, 5) - 1 + choose(c, 2) * 0.5);
	if (choose(c, 3) == 0) {
		list = cJSON_AddArrayToObject(to, "enum");
		for (unsigned n = 1 + choose(c, 3); n > 0; n--)
			cJSON_AddItemToArray(list, value(c, DEEPEST));
	}
}

static void add_ref(struct choices *c, cJSON *to)
{
	static const char *const refs[] = {
		"#/$defs/a",
		"#/$defs/b",
		"#/$defs/c",
		"#/properties/a",
		"#/$defs/b/items",
		"#/$defs/a/properties/b",
		"#",
		"#/properties/b/items",
		"elsewhere",
	};

	cJSON_AddStringToObject(to, "$ref", refs[choose(c, 9)]);
}

static cJSON *schema(struct choices *c, unsigned depth)
{
	static const char *const lists[] = { "anyOf", "allOf", "oneOf" };
	cJSON *to = cJSON_CreateObject();
	unsigned parts = choose(c, 16);

	if (depth >= DEEPEST) {
		cJSON_AddStringToObject(to, "type", "string");
		return to;
	}
	if (parts % 2 == 0)
		add_type(c, to, depth);
	if (parts & 2)
		add_list(c, to, lists[choose(c, 3)], depth);
	if (parts == 7 || parts == 8)
		add_ref(c, to);
	if (parts >= 11)
		add_limits(c, to);
	return to;
}

/* The root is an object without alternatives: those are put together there, for
 * calls that are useful, not for all that were valid. */
static cJSON *root(struct choices *c)
{
	cJSON *to = cJSON_CreateObject(), *defs;

	add_object(c, to, 0);
	defs = cJSON_AddObjectToObject(to, "$defs");
	for (unsigned i = choose(c, 5); i > 0; i--) {
		const char *key = name(c);

		if (cJSON_GetObjectItemCaseSensitive(defs, key) == NULL)
			cJSON_AddItemToObject(defs, key, schema(c, 1));
	}
	return to;
}

static bool is_root(const cJSON *tree)
{
	const char *type = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(tree, "type"));

	return type != NULL && strcmp(type, "object") == 0;
}

/* The rewritten schema, if it is not too large. */
static const char *rewrite(struct arena *a, const char *text)
{
	struct error e = { .kind = ERROR_KINDS };
	const char *out = schema_rewrite(a, text, false, "p", &e);
	char why[SCHEMA_RULES_WHY];
	const cJSON *tree;

	if (out == NULL) {
		assert(e.kind == ERROR_VALUE && strstr(e.message, "at most"));
		return NULL;
	}
	tree = json_parse(a, out, strlen(out), &e);
	if (tree == NULL || !is_root(tree) || !schema_rules_check(tree, why)) {
		fprintf(stderr, "%s\n%s\n%s\n", text, out,
			tree == NULL ? "no JSON" : why);
		abort();
	}
	return out;
}

static void check_json(struct arena *a, const uint8_t *data, size_t size)
{
	struct error e;
	const cJSON *tree = json_parse(
		a, arena_copy_n(a, (const char *)data, size), size, &e);
	const char *out;

	if (tree == NULL)
		return;
	out = rewrite(a, json_print(a, tree));
	/* What Kimi takes can always be said to it. */
	if (out != NULL && rewrite(a, out) == NULL)
		abort();
}

static void check_value(struct arena *a, struct choices *c)
{
	cJSON *from = root(c);
	const char *text = json_print(a, from), *out = rewrite(a, text);
	const cJSON *to = NULL;
	struct error e;

	if (out != NULL)
		to = json_parse(a, out, strlen(out), &e);
	for (int i = 0; i < VALUES && to != NULL; i++) {
		cJSON *v = value(c, 0);
		const char *fault = schema_check(v, from, a) != NULL ?
					    NULL :
					    schema_check(v, to, a);

		if (fault != NULL) {
			fprintf(stderr, "%s\n%s\n%s\n%s\n", text, out,
				json_print(a, v), fault);
			abort();
		}
		cJSON_Delete(v);
	}
	cJSON_Delete(from);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct choices c = { data, size };
	struct arena a;

	arena_init(&a);
	if (size > 0 && choose(&c, 256) == 0)
		check_value(&a, &c);
	else
		check_json(&a, data, size);
	arena_fini(&a);
	return 0;
}

/* NOLINTEND(misc-no-recursion) */
