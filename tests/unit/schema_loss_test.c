/* SPDX-License-Identifier: MIT */
/* JSON schemas that cannot be said to Kimi: they say less, or are refused. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "tests/fake/schema_rules.h"
#include "upstream/schema/rewrite.h"

#define OBJECT(properties)                                                     \
	"{\"type\":\"object\",\"properties\":{" properties "}}"
#define WITH(property, defs)                                                   \
	"{\"type\":\"object\",\"properties\":{\"a\":" property                 \
	"},\"$defs\":{" defs "}}"

/* Whatever comes out is what Kimi takes, also when it is rewritten again. */
static const char *rewrite(struct arena *a, const char *from)
{
	struct error e;
	const char *to = schema_rewrite(a, from, false, "p", &e), *again;
	char why[SCHEMA_RULES_WHY];

	if (to == NULL)
		fail_msg("%s: %s", from, e.message);
	if (!schema_rules_check(parse(a, to), why))
		fail_msg("%s becomes %s: %s", from, to, why);
	assert_string_equal(json_text(parse(a, to), "type"), "object");
	again = schema_rewrite(a, to, false, "p", &e);
	assert_non_null(again);
	assert_true(schema_rules_check(parse(a, again), why));
	return to;
}

struct loss {
	const char *schema, *param; /* of a strict one */
	const char *reason, *note;  /* for the developer and the model */
};

static void assert_losses(struct arena *a, size_t n, const struct loss *losses)
{
	for (size_t i = 0; i < n; i++) {
		const struct loss *loss = &losses[i];
		struct error e;

		assert_contains(rewrite(a, loss->schema), loss->note);
		if (schema_rewrite(a, loss->schema, true, "p", &e) != NULL)
			fail_msg("taken: %s", loss->schema);
		assert_error(&e, ERROR_VALUE, loss->param);
		assert_contains(e.message, loss->reason);
		assert_null(schema_rewrite(a, loss->schema, true, NULL, &e));
		assert_error(&e, ERROR_VALUE, "");
	}
}

static void what_is_lost_is_said(void **state)
{
	static const struct loss losses[] = {
		{ OBJECT("\"a\":{\"oneOf\":[{\"type\":\"string\",\"enum\":["
			 "\"all\"]},{\"type\":\"string\",\"pattern\":\"^1\"}],"
			 "\"description\":\"d\"}"),
		  "p.properties.a", "'oneOf' do not exclude each other",
		  "\"description\":\"d\\nExactly one of the alternatives must "
		  "fit.\",\"anyOf\":[{\"type\":\"string\",\"enum\":[\"all\"]}" },
		{ OBJECT("\"a\":{\"oneOf\":[{\"type\":\"integer\"},{\"type\":"
			 "\"number\"}]}"),
		  "p.properties.a", "'oneOf'", "Exactly one" },
		{ OBJECT("\"a\":false"), "p.properties.a", "no value can fit",
		  "No value fits: leave it out." },
		{ OBJECT("\"a\":[]"), "p.properties.a", "must be an object",
		  "\"anyOf\"" },
		{ OBJECT("\"a\":{\"$ref\":\"https://x.example/\"}"),
		  "p.properties.a", "'$ref' points to nothing",
		  "Defined elsewhere: \\\"https://x.example/\\\"." },
		{ OBJECT("\"a\":{\"$ref\":\"#/$defs/none\"}"), "p.properties.a",
		  "'$ref' points to nothing", "Defined elsewhere" },
		{ WITH("{\"$ref\":\"#/$defs/x\"}",
		       "\"x\":{\"type\":\"string\",\"not\":{\"$ref\":"
		       "\"#/$defs/x\"},\"description\":\"d\"}"),
		  "p.$defs.x", "'$ref' in a keyword where Kimi accepts none",
		  "d\\nFurther rule: not {\\\"$ref\\\":\\\"#/$defs/x\\\"}." },
		{ OBJECT("\"a\":{\"type\":\"date\"}"), "p.properties.a",
		  "type is not one of JSON's", "Its type: \\\"date\\\"." },
		{ OBJECT("\"a\":{\"type\":\"integer\",\"enum\":[\"1\"]}"),
		  "p.properties.a", "'enum' has no value of its type",
		  "\"enum\":[\"1\"],\"type\":\"string\"" },
		{ OBJECT("\"a\":{\"enum\":[]}"), "p.properties.a",
		  "value of the wrong type", "Further rule: enum []." },
		{ OBJECT("\"a\":{\"type\":\"integer\",\"minimum\":\"3\"}"),
		  "p.properties.a", "value of the wrong type",
		  "Further rule: minimum \\\"3\\\"." },
		{ OBJECT("\"a\":{\"type\":\"string\",\"minLength\":5,"
			 "\"maxLength\":2}"),
		  "p.properties.a", "limits contradict each other",
		  "Further rule: minLength 5.\\nFurther rule: maxLength 2." },
		{ OBJECT("\"a\":{\"type\":\"array\",\"prefixItems\":[true],"
			 "\"items\":{\"type\":\"null\"}}"),
		  "p.properties.a", "'items' cannot follow",
		  "Further items: {\\\"type\\\":\\\"null\\\"}." },
		{ OBJECT("\"a\":{\"type\":\"string\",\"anyOf\":[{\"type\":"
			 "\"null\"}]}"),
		  "p.properties.a", "alternatives", "Further rule, any of" },
		{ OBJECT("\"a\":{\"allOf\":[{\"type\":\"string\"},{\"type\":"
			 "\"null\"}]}"),
		  "p.properties.a", "'allOf' cannot be merged",
		  "Further rule: type \\\"null\\\"." },
		{ OBJECT("\"a\":{\"allOf\":[{\"pattern\":\"x\"},{\"pattern\":"
			 "\"y\"}],\"type\":\"string\"}"),
		  "p.properties.a", "'allOf' cannot be merged",
		  "Further rule: pattern \\\"y\\\"." },
		{ OBJECT("\"a\":{\"allOf\":[{\"if\":{\"minLength\":1},\"then\":{"
			 "\"maxLength\":2}},{\"if\":{\"minLength\":3},\"else\":{"
			 "\"maxLength\":4}}],\"type\":\"string\"}"),
		  "p.properties.a", "'allOf' cannot be merged",
		  "Further rule: if {\\\"minLength\\\":3}, else "
		  "{\\\"maxLength\\\":4}." },
		{ OBJECT("\"a\":{\"type\":\"object\",\"required\":[\"x\"],"
			 "\"additionalProperties\":false}"),
		  "p.properties.a", "'required' has a name",
		  "Required, too: \\\"x\\\"." },
		{ OBJECT("\"a\":{\"type\":\"object\",\"required\":[1]}"),
		  "p.properties.a", "'required' has a name",
		  "Required, too: 1." },
		{ OBJECT("\"required\":{\"type\":\"null\"}"), "p",
		  "no property of that name",
		  "It may also have \\\"required\\\": {\\\"type\\\":"
		  "\\\"null\\\"}." },
		{ OBJECT("\"a\":{\"type\":\"object\",\"patternProperties\":{"
			 "\"^x\":{}},\"additionalProperties\":false}"),
		  "p.properties.a", "'additionalProperties'",
		  "Other properties: none but those of patternProperties." },
	};

	assert_losses(*state, COUNT(losses), losses);
}

static void definitions_have_no_slashes(void **state)
{
	static const struct loss losses[] = {
		{ WITH("{\"$ref\":\"#/$defs/x\"}",
		       "\"x\":{\"type\":\"object\",\"properties\":{\"b/c\":{"
		       "\"type\":\"null\"}}}"),
		  "p.$defs.x", "no property of that name",
		  "It may also have \\\"b/c\\\"" },
		{ WITH("{\"$ref\":\"#/$defs/x\"}",
		       "\"x\":{\"type\":\"object\",\"dependentSchemas\":{"
		       "\"b/c\":{}},\"description\":\"d\",\"default\":{"
		       "\"d/e\":1}}"),
		  "p.$defs.x", "no name with a slash",
		  "{\"type\":\"object\",\"description\":\"d\\nFurther rule: "
		  "dependentSchemas {\\\"b/c\\\":{}}.\"}" },
	};

	assert_losses(*state, COUNT(losses), losses);
}

static void the_root_becomes_an_object(void **state)
{
	static const struct loss losses[] = {
		{ "null", "p", "must be an object", "\"properties\":{}" },
		{ "{\"type\":\"array\",\"items\":{\"type\":\"null\"}}", "p",
		  "root must have the type object",
		  "\"properties\":{\"value\":{\"type\":\"array\",\"items\":{"
		  "\"type\":\"null\"}}},\"required\":[\"value\"]" },
		{ "{\"type\":\"string\",\"description\":\"d\"}", "p",
		  "root must have the type object",
		  "\"value\":{\"type\":\"string\",\"description\":\"d\"}" },
		{ "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":"
		  "\"null\"}},\"anyOf\":[{\"required\":[\"a\"]},{\"required\":["
		  "\"b\",\"c\"],\"properties\":{\"b\":{\"const\":1}}}]}",
		  "p", "root cannot have alternatives",
		  "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":"
		  "\"null\"},\"b\":{\"enum\":[1],\"type\":\"number\"}},"
		  "\"description\":\"Use one of these combinations: a or b = 1 "
		  "+ c.\"}" },
		{ "{\"oneOf\":[{\"$ref\":\"#/$defs/x\"},{\"type\":\"object\","
		  "\"properties\":{\"k\":{\"const\":\"y\"}},\"required\":["
		  "\"k\"]}],\"$defs\":{\"x\":{\"type\":\"object\","
		  "\"properties\":{\"k\":{\"const\":\"x\"}},\"required\":["
		  "\"k\"]}}}",
		  "p", "root cannot have alternatives",
		  "\"required\":[\"k\"],\"description\":\"Use one of these "
		  "combinations: k = \\\"x\\\" or k = \\\"y\\\".\"" },
	};

	assert_losses(*state, COUNT(losses), losses);
	/* An object that may also be null, say, is one here. */
	assert_string_equal(rewrite(*state, "{\"anyOf\":[{\"type\":\"null\"},{"
					    "\"type\":\"object\",\"properties\""
					    ":{}}]}"),
			    "{\"properties\":{},\"type\":\"object\"}");
}

static void what_refers_to_itself_ends(void **state)
{
	static const struct loss losses[] = {
		{ "{\"type\":\"object\",\"properties\":{\"next\":{\"$ref\":"
		  "\"#\"}},\"required\":[\"next\"]}",
		  "p", "requires itself endlessly",
		  "Required, if it can end: next." },
		{ WITH("{\"$ref\":\"#/$defs/x\"}",
		       "\"x\":{\"type\":\"array\",\"minItems\":1,\"items\":{"
		       "\"$ref\":\"#/$defs/x\"}}"),
		  "p.$defs.x", "requires itself endlessly",
		  "Required, if it can end: an item." },
		{ WITH("{\"$ref\":\"#/$defs/x\"}",
		       "\"x\":{\"$ref\":\"#/$defs/y\"},\"y\":{\"$ref\":"
		       "\"#/$defs/x\"}"),
		  "p.$defs.x", "points to nothing", "Defined elsewhere" },
		{ WITH("{\"$ref\":\"#/$defs/x\",\"minProperties\":1}",
		       "\"x\":{\"type\":\"object\",\"properties\":{\"b\":{"
		       "\"$ref\":\"#/$defs/x\",\"minProperties\":2}}}"),
		  "p.properties.a.properties.b", "next to '$ref'",
		  "Further rule: {\\\"minProperties\\\":2}." },
	};

	assert_losses(*state, COUNT(losses), losses);
	/* A tree that can end stays as it is. */
	assert_contains(rewrite(*state, OBJECT("\"next\":{\"type\":\"array\","
					       "\"items\":{\"$ref\":\"#\"}}")),
			"\"items\":{\"$ref\":\"#\"}");
}

/* Properties in properties, by themselves and through references. */
static void what_is_too_deep_is_only_named(void **state)
{
	const char *deep = "{\"type\":\"string\"}", *defs = "";
	const char *to;

	for (int i = 0; i < 30; i++)
		deep = arena_printf(*state, OBJECT("\"p%d\":%s"), i, deep);
	to = rewrite(*state, deep);
	assert_contains(to, "\"p20\":{\"type\":\"object\",\"description\":"
			    "\"Not described further: [\\\"p19\\\"].\"}");
	for (int i = 0; i < 30; i++)
		defs = arena_printf(*state,
				    "%s\"d%d\":" OBJECT("\"b\":{\"$ref\":"
							"\"#/$defs/d%d\"}") ",",
				    defs, i, i + 1);
	to = rewrite(*state, arena_printf(*state,
					  WITH("{\"$ref\":\"#/$defs/d0\"}",
					       "%s\"d30\":{}"),
					  defs));
	assert_contains(to, "Not described further: [\\\"b\\\"].");
	for (int i = 0; i < 60; i++)
		deep = arena_printf(*state, "{\"type\":\"array\",\"items\":%s}",
				    i == 0 ? "{}" : deep);
	rewrite(*state, arena_printf(*state, OBJECT("\"a\":%s"), deep));
}

/* What would grow without bound is cut, in time. */
static void hostile_schemas_stay_small(void **state)
{
	struct error e;
	struct buf *many = arena_buf(*state, 1 << 20);
	const char *defs = "", *parts = "";

	for (int i = 0; i < 40; i++)
		defs = arena_printf(
			*state,
			"%s\"d%d\":" OBJECT(
				"\"l\":{\"$ref\":\"#/$defs/d%d\","
				"\"minProperties\":1},\"r\":{\"$ref\":"
				"\"#/$defs/d%d\",\"minProperties\":1}") ",",
			defs, i, i + 1, i + 1);
	rewrite(*state,
		arena_printf(*state,
			     WITH("{\"$ref\":\"#/$defs/d0\"}", "%s\"d40\":{}"),
			     defs));
	for (int i = 0; i < 30; i++)
		parts = arena_printf(*state,
				     "%s{\"anyOf\":[{\"minLength\":%d},{"
				     "\"maxLength\":%d}]},",
				     parts, i, i);
	rewrite(*state, arena_printf(*state,
				     OBJECT("\"a\":{\"allOf\":[%s{}],\"type\":"
					    "\"string\"}"),
				     parts));
	for (int i = 0; i < 3001; i++)
		buf_printf(many, "\"p%d\":{\"type\":\"null\"},", i);
	assert_null(schema_rewrite(*state,
				   arena_printf(*state, OBJECT("%s\"p\":{}"),
						buf_text(many)),
				   false, "p", &e));
	assert_error(&e, ERROR_VALUE, "p");
	assert_contains(e.message, "at most 120000 bytes and 3000 properties");
}

static void long_lists_are_cut(void **state)
{
	const char *values = "\"v\"", *branches = "{}";
	const char *to;

	for (int i = 0; i < 500; i++)
		values = arena_printf(*state, "%s,\"v%d\"", values, i);
	to = rewrite(*state,
		     arena_printf(*state,
				  OBJECT("\"a\":{\"type\":\"string\",\"enum\":"
					 "[%s]}"),
				  values));
	assert_contains(to, "One of: [\\\"v\\\",\\\"v0\\\",");
	assert_lacks(to, "\"enum\"");
	for (int i = 0; i < 100; i++)
		branches = arena_printf(*state, "%s,{\"maxLength\":%d}",
					branches, i);
	to = rewrite(*state,
		     arena_printf(*state, OBJECT("\"a\":{\"anyOf\":[%s]}"),
				  branches));
	assert_contains(to, "Further rule, any of: [{},{\\\"maxLength\\\":0}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_lost_is_said),
		TEST(definitions_have_no_slashes),
		TEST(the_root_becomes_an_object),
		TEST(what_refers_to_itself_ends),
		TEST(what_is_too_deep_is_only_named),
		TEST(hostile_schemas_stay_small),
		TEST(long_lists_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
