/* SPDX-License-Identifier: MIT */
/* JSON schemas as Kimi takes them. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "tests/fake/schema_rules.h"
#include "upstream/schema/rewrite.h"

#define OBJECT(properties)                                                     \
	"{\"type\":\"object\",\"properties\":{" properties "}}"
#define WITH(property, defs)                                                   \
	"{\"type\":\"object\",\"properties\":{\"a\":" property                 \
	"},\"$defs\":{" defs "}}"
#define TEXT "\"a\":{\"type\":\"string\"}"
#define ANY                                                                    \
	"[{\"type\":\"string\"},{\"type\":\"number\"},{\"type\":\"boolean\"}," \
	"{\"type\":\"object\"},{\"type\":\"array\"},{\"type\":\"null\"}]"

/* Whatever comes out is what Kimi takes, and stays as it is. */
static const char *rewrite(struct arena *a, const char *from)
{
	struct error e;
	const char *to = schema_rewrite(a, from, false, "p", &e);
	char why[SCHEMA_RULES_WHY];

	if (to == NULL)
		fail_msg("%s: %s", from, e.message);
	if (!schema_rules_check(parse(a, to), why))
		fail_msg("%s becomes %s: %s", from, to, why);
	assert_string_equal(json_text(parse(a, to), "type"), "object");
	assert_string_equal(schema_rewrite(a, to, false, "p", &e), to);
	return to;
}

/* A strict schema may be said in another way, but not say less. */
static void assert_lossless(struct arena *a, const char *from)
{
	struct error e;

	if (schema_rewrite(a, from, true, "p", &e) == NULL)
		fail_msg("%s: %s", from, e.message);
}

static void schemas_that_kimi_takes_stay_unchanged(void **state)
{
	static const char *const schemas[] = {
		OBJECT(TEXT),
		OBJECT(""),
		"{\"type\":\"object\"}",
		OBJECT(TEXT ",\"b\":{\"type\":\"array\",\"items\":{\"type\":"
			    "\"integer\",\"minimum\":1}}"),
		OBJECT("\"a\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":"
		       "\"null\"}],\"description\":\"d\"}"),
		OBJECT("\"a\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":"
		       "\"null\"}],\"default\":null,\"title\":\"A\"}"),
		OBJECT("\"\":{\"type\":\"string\"},\"a/b.c\":{\"type\":"
		       "\"string\"}"),
		OBJECT("\"a\":{\"$ref\":\"#\"}"),
		WITH("{\"$ref\":\"#/$defs/x\",\"description\":\"d\"}",
		     "\"x\":{\"type\":\"string\"}"),
		"{\"type\":\"object\",\"properties\":{" TEXT "},\"required\":"
		"[\"a\"],\"additionalProperties\":false}",
	};

	for (size_t i = 0; i < COUNT(schemas); i++) {
		assert_string_equal(rewrite(*state, schemas[i]), schemas[i]);
		assert_lossless(*state, schemas[i]);
	}
}

static void assert_all_said(struct arena *a, size_t n,
			    const char *const rows[][2])
{
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(rewrite(a, rows[i][0]), rows[i][1]);
		assert_lossless(a, rows[i][0]);
	}
}

static void types_are_said_one_by_one(void **state)
{
	static const char *const rows[][2] = {
		{ "{}", "{\"properties\":{},\"type\":\"object\"}" },
		{ "true", "{\"properties\":{},\"type\":\"object\"}" },
		{ "{\"$schema\":\"s\",\"type\":\"object\",\"properties\":{}}",
		  OBJECT("") },
		{ "{\"properties\":{" TEXT "}}",
		  "{\"properties\":{" TEXT "},\"type\":\"object\"}" },
		{ "{\"type\":[\"object\",\"null\"],\"properties\":{" TEXT "}}",
		  OBJECT(TEXT) },
		{ OBJECT("\"a\":{\"enum\":[\"x\",\"y\"]}"),
		  OBJECT("\"a\":{\"enum\":[\"x\",\"y\"],\"type\":\"string\"}") },
		{ OBJECT("\"a\":{\"const\":1}"),
		  OBJECT("\"a\":{\"enum\":[1],\"type\":\"number\"}") },
		{ OBJECT("\"a\":{\"const\":null}"),
		  OBJECT("\"a\":{\"enum\":[null],\"type\":\"null\"}") },
		{ OBJECT("\"a\":{\"properties\":{}}"),
		  OBJECT("\"a\":{\"properties\":{},\"type\":\"object\"}") },
		{ OBJECT("\"a\":{\"items\":{\"type\":\"null\"}}"),
		  OBJECT("\"a\":{\"items\":{\"type\":\"null\"},\"type\":"
			 "\"array\"}") },
		{ OBJECT("\"a\":{\"type\":[\"string\",\"null\"],\"maxLength\":"
			 "3,\"description\":\"d\"}"),
		  OBJECT("\"a\":{\"description\":\"d\",\"anyOf\":[{\"type\":"
			 "\"string\",\"maxLength\":3},{\"type\":\"null\"}]}") },
		{ OBJECT("\"a\":{\"type\":[\"string\",\"null\"],\"enum\":"
			 "[\"x\",null]}"),
		  OBJECT("\"a\":{\"anyOf\":[{\"type\":\"string\",\"enum\":"
			 "[\"x\"]},{\"type\":\"null\",\"enum\":[null]}]}") },
		{ OBJECT("\"a\":{\"type\":[\"string\",\"null\"],\"enum\":"
			 "[\"x\"]}"),
		  OBJECT("\"a\":{\"anyOf\":[{\"type\":\"string\",\"enum\":"
			 "[\"x\"]}]}") },
		{ OBJECT("\"a\":{\"enum\":[\"x\",1,null]}"),
		  OBJECT("\"a\":{\"anyOf\":[{\"type\":\"string\",\"enum\":"
			 "[\"x\"]},{\"type\":\"number\",\"enum\":[1]},"
			 "{\"type\":\"null\",\"enum\":[null]}]}") },
		{ OBJECT("\"a\":{\"type\":\"string\",\"enum\":[\"x\",null]}"),
		  OBJECT("\"a\":{\"type\":\"string\",\"enum\":[\"x\"]}") },
		{ OBJECT("\"a\":{\"type\":[\"string\"]}"), OBJECT(TEXT) },
		{ OBJECT("\"a\":{\"type\":[\"string\",\"string\"]}"),
		  OBJECT(TEXT) },
		{ OBJECT("\"a\":{\"type\":\"String\"}"), OBJECT(TEXT) },
		{ OBJECT("\"a\":\"string\""), OBJECT(TEXT) },
		{ OBJECT("\"a\":{\"type\":\"int\"}"),
		  OBJECT("\"a\":{\"type\":\"integer\"}") },
		{ OBJECT("\"a\":{\"type\":\"any\"}"),
		  OBJECT("\"a\":{\"anyOf\":" ANY "}") },
		{ OBJECT("\"a\":{}"), OBJECT("\"a\":{\"anyOf\":" ANY "}") },
		{ OBJECT("\"a\":true"), OBJECT("\"a\":{\"anyOf\":" ANY "}") },
		{ OBJECT("\"a\":{\"type\":\"string\",\"nullable\":true}"),
		  OBJECT("\"a\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":"
			 "\"null\"}]}") },
		{ OBJECT("\"a\":{\"type\":\"string\",\"nullable\":false}"),
		  OBJECT(TEXT) },
	};

	assert_all_said(*state, COUNT(rows), rows);
}

static void alternatives_are_said_with_any_of(void **state)
{
	static const char *const rows[][2] = {
		{ OBJECT("\"a\":{\"type\":\"string\",\"anyOf\":[{\"enum\":"
			 "[\"x\"]},{\"type\":\"string\"}]}"),
		  OBJECT("\"a\":{\"anyOf\":[{\"enum\":[\"x\"],\"type\":"
			 "\"string\"},{\"type\":\"string\"}]}") },
		{ OBJECT("\"a\":{\"type\":\"string\",\"anyOf\":[{\"type\":"
			 "\"null\"},{\"minLength\":1}]}"),
		  OBJECT("\"a\":{\"anyOf\":[{\"minLength\":1,\"type\":"
			 "\"string\"}]}") },
		{ OBJECT("\"a\":{\"oneOf\":[{\"type\":\"string\"},{\"type\":"
			 "\"null\"}]}"),
		  OBJECT("\"a\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":"
			 "\"null\"}]}") },
		{ OBJECT("\"a\":{\"anyOf\":[{\"type\":\"string\"},false]}"),
		  OBJECT("\"a\":{\"anyOf\":[{\"type\":\"string\"}]}") },
		{ OBJECT("\"a\":{\"type\":\"object\",\"properties\":{\"x\":{"
			 "\"type\":\"null\"}},\"anyOf\":[{\"required\":["
			 "\"x\"]},{\"title\":\"T\"}]}"),
		  OBJECT("\"a\":{\"anyOf\":[{\"required\":[\"x\"],\"type\":"
			 "\"object\",\"properties\":{\"x\":{\"type\":\"null\"}}"
			 "},{\"title\":\"T\",\"type\":\"object\","
			 "\"properties\":{\"x\":{\"type\":\"null\"}}}]}") },
		{ OBJECT("\"a\":{\"anyOf\":[{\"type\":\"string\",\"default\":"
			 "\"x\"},{\"type\":\"null\"}],\"default\":\"y\"}"),
		  OBJECT("\"a\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":"
			 "\"null\"}],\"default\":\"y\"}") },
		{ OBJECT("\"a\":{\"oneOf\":[{\"type\":\"string\"},{\"type\":"
			 "\"null\"}],\"anyOf\":[{\"maxLength\":1},{\"title\":"
			 "\"T\",\"type\":\"null\"}]}"),
		  OBJECT("\"a\":{\"anyOf\":[{\"anyOf\":[{\"type\":\"string\","
			 "\"maxLength\":1}]},{\"type\":\"null\"}]}") },
	};

	rewrite(*state, rows[6][0]);
	assert_all_said(*state, COUNT(rows) - 1, rows);
}

/* Discriminated unions, as TypeScript and Pydantic write them. */
static void exclusive_branches_become_any_of(void **state)
{
	static const char *const tags[][2] = {
		{ "\"const\":\"x\"", "\"const\":\"y\"" },
		{ "\"enum\":[\"x\"]", "\"enum\":[\"y\"]" },
		{ "\"enum\":[\"x\",\"z\"]", "\"const\":\"y\"" },
	};

	for (size_t i = 0; i < COUNT(tags); i++) {
		const char *defs = "";
		const char *from;

		for (size_t j = 0; j < 2; j++)
			defs = arena_printf(
				*state,
				"%s%s\"%c\":{\"type\":\"object\",\"properties\""
				":{\"k\":{\"type\":\"string\",%s}},"
				"\"required\":[\"k\"]}",
				defs, j == 0 ? "" : ",", "xy"[j], tags[i][j]);
		from = arena_printf(
			*state,
			WITH("{\"oneOf\":[{\"$ref\":\"#/$defs/x\"},{\"$ref\":"
			     "\"#/$defs/y\"}]}",
			     "%s"),
			defs);
		assert_lossless(*state, from);
		assert_contains(rewrite(*state, from),
				"\"a\":{\"anyOf\":[{\"$ref\":\"#/$defs/x\"},{"
				"\"$ref\":\"#/$defs/y\"}]}");
	}
}

static void parts_of_all_of_are_merged(void **state)
{
	static const char *const rows[][2] = {
		{ OBJECT("\"a\":{\"allOf\":[{\"type\":\"string\"}],"
			 "\"description\":\"d\"}"),
		  OBJECT("\"a\":{\"description\":\"d\",\"type\":\"string\"}") },
		{ OBJECT("\"a\":{\"allOf\":[{\"type\":[\"string\",\"null\"],"
			 "\"minLength\":1,\"title\":\"T\"},{\"type\":"
			 "\"string\",\"minLength\":2,\"maxLength\":5,"
			 "\"title\":\"U\"}]}"),
		  OBJECT("\"a\":{\"type\":\"string\",\"minLength\":2,"
			 "\"title\":\"T\",\"maxLength\":5}") },
		{ OBJECT("\"a\":{\"allOf\":[{\"properties\":{\"x\":{\"type\":"
			 "\"number\"}},\"required\":[\"x\"]},{\"properties\":{"
			 "\"x\":{\"minimum\":1},\"y\":{\"type\":\"null\"}},"
			 "\"required\":[\"x\",\"y\"]}]}"),
		  OBJECT("\"a\":{\"properties\":{\"x\":{\"type\":\"number\","
			 "\"minimum\":1},\"y\":{\"type\":\"null\"}},"
			 "\"required\":[\"x\",\"y\"],\"type\":\"object\"}") },
		{ OBJECT("\"a\":{\"allOf\":[{\"enum\":[\"x\",\"y\"]},{\"enum\":"
			 "[\"y\",\"z\"]}]}"),
		  OBJECT("\"a\":{\"enum\":[\"y\"],\"type\":\"string\"}") },
		{ WITH("{\"allOf\":[{\"$ref\":\"#/$defs/x\"}],\"default\":1}",
		       "\"x\":{\"type\":\"number\"}"),
		  WITH("{\"default\":1,\"anyOf\":[{\"$ref\":\"#/$defs/x\"}]}",
		       "\"x\":{\"type\":\"number\"}") },
		{ "{\"allOf\":[{\"$ref\":\"#/definitions/x\"},{\"properties\":"
		  "{\"b\":{\"type\":\"null\"}}}],\"definitions\":{\"x\":{"
		  "\"type\":\"object\",\"properties\":{" TEXT "}}}}",
		  "{\"properties\":{\"b\":{\"type\":\"null\"}," TEXT "},"
		  "\"type\":\"object\"}" },
	};

	assert_all_said(*state, COUNT(rows), rows);
}

static void references_lead_to_definitions(void **state)
{
	struct error e;
	static const char *const rows[][2] = {
		{ "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":"
		  "\"#/definitions/x\"}},\"definitions\":{\"x\":{\"type\":"
		  "\"string\"}}}",
		  WITH("{\"$ref\":\"#/$defs/x\"}",
		       "\"x\":{\"type\":\"string\"}") },
		{ "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":"
		  "\"#/definitions/x\"},\"b\":{\"$ref\":\"#/$defs/y\"}},"
		  "\"definitions\":{\"x\":{\"type\":\"string\"}},\"$defs\":{"
		  "\"y\":{\"type\":\"null\"},\"unused\":{\"type\":\"null\"}}}",
		  "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":"
		  "\"#/$defs/x\"},\"b\":{\"$ref\":\"#/$defs/y\"}},\"$defs\":{"
		  "\"x\":{\"type\":\"string\"},\"y\":{\"type\":\"null\"}}}" },
		{ OBJECT("\"x\":{\"type\":\"array\",\"items\":{\"type\":"
			 "\"null\"}},\"a\":{\"$ref\":\"#/properties/x/items\"}"),
		  "{\"type\":\"object\",\"properties\":{\"x\":{\"type\":"
		  "\"array\",\"items\":{\"type\":\"null\"}},\"a\":{\"$ref\":"
		  "\"#/$defs/items\"}},\"$defs\":{\"items\":{\"type\":"
		  "\"null\"}}}" },
		{ WITH("{\"$ref\":\"#/$defs/x/anyOf/1\"}",
		       "\"x\":{\"anyOf\":[{},{\"type\":\"null\"}]}"),
		  WITH("{\"$ref\":\"#/$defs/item\"}",
		       "\"item\":{\"type\":\"null\"}") },
		{ WITH("{\"$ref\":\"#/$defs/x~1y%20~0z\"}",
		       "\"x/y ~z\":{\"type\":\"null\"}"),
		  WITH("{\"$ref\":\"#/$defs/x_y__z\"}",
		       "\"x_y__z\":{\"type\":\"null\"}") },
		{ WITH("{\"$ref\":\"#here\"}",
		       "\"x\":{\"$anchor\":\"here\",\"type\":\"null\"}"),
		  WITH("{\"$ref\":\"#/$defs/x\"}",
		       "\"x\":{\"type\":\"null\"}") },
		{ WITH("{\"$ref\":\"x.json\"}",
		       "\"x\":{\"$id\":\"x.json\",\"type\":\"null\"}"),
		  WITH("{\"$ref\":\"#/$defs/x\"}",
		       "\"x\":{\"type\":\"null\"}") },
		{ OBJECT("\"a\":{\"type\":\"object\",\"properties\":{\"b\":{"
			 "\"$ref\":\"#/$defs/x\"}},\"$defs\":{\"x\":{\"type\":"
			 "\"null\"}}}"),
		  "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":"
		  "\"object\",\"properties\":{\"b\":{\"$ref\":\"#/$defs/x\"}}"
		  "}},\"$defs\":{\"x\":{\"type\":\"null\"}}}" },
		{ WITH("{\"$ref\":\"#/$defs/x\",\"type\":\"string\"}",
		       "\"x\":{\"type\":\"string\"}"),
		  WITH("{\"$ref\":\"#/$defs/x\"}",
		       "\"x\":{\"type\":\"string\"}") },
		{ WITH("{\"$ref\":\"#/$defs/x\",\"type\":\"object\"}",
		       "\"x\":{\"type\":\"string\"}"),
		  WITH("{\"$ref\":\"#/$defs/x\"}",
		       "\"x\":{\"type\":\"string\"}") },
		{ WITH("{\"$ref\":\"#/$defs/x\",\"minLength\":2}",
		       "\"x\":{\"type\":\"string\",\"minLength\":1}"),
		  OBJECT("\"a\":{\"minLength\":2,\"type\":\"string\"}") },
		{ WITH("{\"$ref\":\"#/$defs/x\",\"nullable\":true}",
		       "\"x\":{\"type\":\"string\"}"),
		  WITH("{\"anyOf\":[{\"$ref\":\"#/$defs/x\"},{\"type\":"
		       "\"null\"}]}",
		       "\"x\":{\"type\":\"string\"}") },
	};

	assert_all_said(*state, COUNT(rows), rows);
	/* The root becomes what it refers to, and stays to be referred to. */
	assert_string_equal(
		schema_rewrite(
			*state,
			"{\"$ref\":\"#/$defs/x\",\"$defs\":{\"x\":" OBJECT(
				"\"a\":{\"$ref\":\"#\"}") "}}",
			true, "p", &e),
		WITH("{\"$ref\":\"#/$defs/root\"}",
		     "\"x\":" OBJECT(
			     "\"a\":{\"$ref\":\"#/$defs/root\"}") ",\"root\":{\"$ref\":\"#/$defs/x\"}"));
}

/* Nor may they be in what Kimi does not read as a schema. */
static void hidden_references_are_what_they_lead_to(void **state)
{
#define X "{\"type\":\"string\"}"
	static const char *const rows[][2] = {
		{ WITH("{\"type\":\"object\",\"patternProperties\":{\"^i\":{"
		       "\"$ref\":\"#/$defs/y\"}}}",
		       "\"x\":" X ",\"y\":{\"type\":\"array\",\"items\":{"
		       "\"$ref\":\"#/$defs/x\"}}"),
		  OBJECT("\"a\":{\"type\":\"object\",\"patternProperties\":{"
			 "\"^i\":{\"type\":\"array\",\"items\":" X "}}}") },
		{ WITH("{\"type\":\"null\",\"not\":{\"$ref\":\"#/$defs/x\","
		       "\"title\":\"t\"}}",
		       "\"x\":" X),
		  OBJECT("\"a\":{\"type\":\"null\",\"not\":{\"title\":\"t\","
			 "\"type\":\"string\"}}") },
		{ WITH("{\"$ref\":\"#/components/y\"},\"b\":{\"type\":\"null\","
		       "\"default\":{\"$ref\":5}}",
		       "\"x\":" X "},\"components\":{\"y\":" X
		       ",\"z\":{\"$ref\":\"#/components/y\"}"),
		  WITH("{\"$ref\":\"#/$defs/y\"},\"b\":{\"type\":\"null\"}",
		       "\"y\":" X) },
	};
#undef X

	assert_all_said(*state, COUNT(rows), rows);
}

static void keywords_fit_the_type(void **state)
{
	static const char *const rows[][2] = {
		{ OBJECT("\"a\":{\"type\":\"string\",\"minimum\":1,"
			 "\"required\":[\"x\"],\"regex\":\"^x\"}"),
		  OBJECT("\"a\":{\"type\":\"string\",\"pattern\":\"^x\"}") },
		{ OBJECT("\"a\":{\"type\":\"number\",\"minimum\":3,"
			 "\"exclusiveMinimum\":true,\"exclusiveMaximum\":"
			 "false}"),
		  OBJECT("\"a\":{\"type\":\"number\",\"exclusiveMinimum\":"
			 "3}") },
		{ OBJECT("\"a\":{\"type\":\"integer\",\"minimum\":0.5,"
			 "\"maximum\":9007199254740991}"),
		  OBJECT("\"a\":{\"type\":\"integer\",\"minimum\":1,"
			 "\"maximum\":9007199254740991}") },
		{ OBJECT("\"a\":{\"type\":\"integer\",\"minimum\":"
			 "-9223372036854775808,\"maximum\":"
			 "9223372036854775807}"),
		  OBJECT("\"a\":{\"type\":\"integer\",\"minimum\":"
			 "-9223372036854775808,\"maximum\":"
			 "9223372036854775807}") },
		{ OBJECT("\"a\":{\"type\":\"string\",\"minLength\":-1,"
			 "\"maxLength\":null,\"enum\":null}"),
		  OBJECT(TEXT) },
		{ OBJECT("\"a\":{\"type\":\"array\",\"items\":[{\"type\":"
			 "\"null\"}]}"),
		  OBJECT("\"a\":{\"type\":\"array\",\"prefixItems\":[{"
			 "\"type\":\"null\"}]}") },
		{ OBJECT("\"a\":{\"type\":\"array\",\"items\":[{\"type\":"
			 "\"null\"}],\"additionalItems\":false}"),
		  OBJECT("\"a\":{\"type\":\"array\",\"prefixItems\":[{"
			 "\"type\":\"null\"}],\"maxItems\":1}") },
		{ OBJECT("\"a\":{\"type\":\"array\",\"items\":true}"),
		  OBJECT("\"a\":{\"type\":\"array\"}") },
		{ OBJECT("\"a\":{\"type\":\"array\",\"items\":{}}"),
		  OBJECT("\"a\":{\"type\":\"array\"}") },
		{ OBJECT("\"a\":{\"type\":\"array\",\"items\":false}"),
		  OBJECT("\"a\":{\"type\":\"array\",\"maxItems\":0}") },
		{ OBJECT("\"a\":{\"type\":\"object\",\"patternProperties\":{"
			 "\"^(.*)$\":{\"type\":\"null\"}},"
			 "\"additionalProperties\":false}"),
		  OBJECT("\"a\":{\"type\":\"object\","
			 "\"additionalProperties\":{\"type\":\"null\"}}") },
		{ "{\"type\":\"object\",\"properties\":{" TEXT "},\"required\":"
		  "[\"a\",\"a\",\"b\"]}",
		  "{\"type\":\"object\",\"properties\":{" TEXT ",\"b\":{"
		  "\"anyOf\":" ANY "}},\"required\":[\"a\",\"b\"]}" },
		{ "{\"type\":\"object\",\"properties\":null,\"required\":null,"
		  "\"additionalProperties\":null}",
		  "{\"type\":\"object\"}" },
		{ "{\"type\":\"object\",\"properties\":[]}", OBJECT("") },
		{ "{\"type\":\"object\",\"description\":5,\"title\":null}",
		  "{\"type\":\"object\",\"description\":\"5\"}" },
		{ "{\"type\":\"object\",\"title\":\"T\",\"title\":\"U\"}",
		  "{\"type\":\"object\",\"title\":\"U\"}" },
	};

	assert_all_said(*state, COUNT(rows), rows);
}

/* Else each level would double everything below it: 2^40 schemas here. */
static void a_type_named_twice_is_one_type(void **state)
{
	const char *from = "{\"type\":\"string\"}";
	const char *to = from;

	for (int i = 0; i < 9; i++) {
		from = arena_printf(*state,
				    "{\"type\":[\"object\",\"object\"],"
				    "\"properties\":{\"a\":%s}}",
				    from);
		to = arena_printf(*state,
				  "{\"type\":\"object\",\"properties\":{\"a\":"
				  "%s}}",
				  to);
	}
	assert_string_equal(rewrite(*state, from), to);
	assert_string_equal(rewrite(*state,
				    OBJECT("\"a\":{\"type\":[\"null\","
					   "\"null\"],\"nullable\":true}")),
			    OBJECT("\"a\":{\"type\":\"null\"}"));
}

/* The model may read them, and Kimi does not mind. */
static void rules_that_kimi_does_not_know_stay(void **state)
{
	static const char *const schemas[] = {
		"{\"type\":\"object\",\"not\":{\"required\":[\"b\"]},\"if\":{"
		"\"required\":[\"a\"]},\"then\":{\"required\":[\"b\"]}}",
		OBJECT("\"a\":{\"type\":\"string\",\"format\":\"uri\","
		       "\"examples\":[1],\"x-note\":{}}"),
	};

	for (size_t i = 0; i < COUNT(schemas); i++) {
		assert_string_equal(rewrite(*state, schemas[i]), schemas[i]);
		assert_lossless(*state, schemas[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(schemas_that_kimi_takes_stay_unchanged),
		TEST(types_are_said_one_by_one),
		TEST(alternatives_are_said_with_any_of),
		TEST(exclusive_branches_become_any_of),
		TEST(parts_of_all_of_are_merged),
		TEST(references_lead_to_definitions),
		TEST(hidden_references_are_what_they_lead_to),
		TEST(keywords_fit_the_type),
		TEST(a_type_named_twice_is_one_type),
		TEST(rules_that_kimi_does_not_know_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
