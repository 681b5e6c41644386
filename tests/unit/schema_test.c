/* SPDX-License-Identifier: MIT */
/* JSON schemas as Kimi takes them: rewritten, or refused. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "upstream/api/schema.h"

#define OBJECT(properties)                                                     \
	"{\"type\":\"object\",\"properties\":{" properties "}}"
#define TEXT "\"a\":{\"type\":\"string\"}"

static void assert_normalized(struct arena *a, const char *from, const char *to)
{
	struct error e;
	const char *mended = schema_normalize(a, from, "p", &e);

	if (mended == NULL)
		fail_msg("%s: %s", from, e.message);
	assert_string_equal(mended, to);
	assert_string_equal(schema_normalize(a, mended, "p", &e), to);
}

static void schemas_that_kimi_takes_stay_unchanged(void **state)
{
	static const char *const schemas[] = {
		OBJECT(TEXT),
		OBJECT(""),
		OBJECT(TEXT ",\"b\":{\"type\":\"array\",\"items\":{\"type\":"
			    "\"integer\",\"minimum\":1}}"),
		OBJECT("\"a\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":"
		       "\"null\"}],\"description\":\"d\"}"),
		"{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":"
		"\"#/$defs/x\"}},\"$defs\":{\"x\":{\"type\":\"string\"}}}",
		"{\"type\":\"object\",\"properties\":{" TEXT "},\"required\":"
		"[\"a\"],\"additionalProperties\":false}",
	};

	for (size_t i = 0; i < COUNT(schemas); i++)
		assert_normalized(*state, schemas[i], schemas[i]);
}

static void other_schemas_are_rewritten(void **state)
{
	static const char *const rows[][2] = {
		{ "{}", "{\"properties\":{},\"type\":\"object\"}" },
		{ "{\"$schema\":\"s\",\"type\":\"object\",\"properties\":{}}",
		  OBJECT("") },
		{ "{\"properties\":{" TEXT "}}",
		  "{\"properties\":{" TEXT "},\"type\":\"object\"}" },
		{ OBJECT("\"a\":{\"enum\":[\"x\",\"y\"]}"),
		  OBJECT("\"a\":{\"enum\":[\"x\",\"y\"],\"type\":\"string\"}") },
		{ OBJECT("\"a\":{\"const\":1}"),
		  OBJECT("\"a\":{\"const\":1,\"type\":\"number\"}") },
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
		{ OBJECT("\"a\":{\"type\":[\"string\"]}"), OBJECT(TEXT) },
		{ OBJECT("\"a\":{\"type\":\"string\",\"nullable\":true}"),
		  OBJECT("\"a\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":"
			 "\"null\"}]}") },
		{ OBJECT("\"a\":{\"type\":\"string\",\"nullable\":false}"),
		  OBJECT(TEXT) },
		{ OBJECT("\"a\":{\"type\":\"string\",\"anyOf\":[{\"enum\":"
			 "[\"x\"]},{\"type\":\"string\"}]}"),
		  OBJECT("\"a\":{\"anyOf\":[{\"enum\":[\"x\"],\"type\":"
			 "\"string\"},{\"type\":\"string\"}]}") },
		{ OBJECT("\"a\":{\"oneOf\":[{\"type\":\"string\"},{\"type\":"
			 "\"null\"}]}"),
		  OBJECT("\"a\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":"
			 "\"null\"}]}") },
		{ OBJECT("\"a\":{\"allOf\":[{\"type\":\"string\"}],"
			 "\"description\":\"d\"}"),
		  OBJECT("\"a\":{\"description\":\"d\",\"type\":\"string\"}") },
		{ OBJECT("\"a\":{\"type\":\"array\",\"items\":[{\"type\":"
			 "\"null\"}]}"),
		  OBJECT("\"a\":{\"type\":\"array\",\"prefixItems\":[{"
			 "\"type\":\"null\"}]}") },
		{ OBJECT("\"a\":{\"type\":\"array\",\"items\":true}"),
		  OBJECT("\"a\":{\"type\":\"array\"}") },
		{ "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":"
		  "\"#/definitions/x\"}},\"definitions\":{\"x\":{\"type\":"
		  "\"string\"}}}",
		  "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":"
		  "\"#/$defs/x\"}},\"$defs\":{\"x\":{\"type\":\"string\"}}}" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_normalized(*state, rows[i][0], rows[i][1]);
}

/* Discriminated unions, as TypeScript and Pydantic write them. */
static void exclusive_branches_become_any_of(void **state)
{
	static const char *const tags[][2] = {
		{ "\"const\":\"x\"", "\"const\":\"y\"" },
		{ "\"enum\":[\"x\"]", "\"enum\":[\"y\"]" },
	};

	for (size_t i = 0; i < COUNT(tags); i++) {
		const char *list = "";
		const char *mended;
		struct error e;

		for (size_t j = 0; j < 2; j++)
			list = arena_printf(
				*state,
				"%s%s{\"type\":\"object\",\"properties\":{"
				"\"k\":{\"type\":\"string\",%s}},"
				"\"required\":[\"k\"]}",
				list, j == 0 ? "" : ",", tags[i][j]);
		mended = schema_normalize(
			*state,
			arena_printf(*state, OBJECT("\"a\":{\"oneOf\":[%s]}"),
				     list),
			"p", &e);
		assert_non_null(mended);
		assert_contains(mended, "\"anyOf\":[{");
	}
}

static void a_schema_for_anything_lists_all_types(void **state)
{
	struct error e;
	const char *mended = schema_normalize(
		*state,
		OBJECT("\"a\":{},\"b\":true,\"c\":{\"description\":"
		       "\"d\"}"),
		"p", &e);

	assert_non_null(mended);
	for (const char *const *t =
		     (const char *const[]){ "string", "number", "boolean",
					    "object", "array", "null", NULL };
	     *t != NULL; t++)
		assert_contains(mended,
				arena_printf(*state, "{\"type\":\"%s\"}", *t));
	assert_contains(mended, "\"c\":{\"description\":\"d\",\"anyOf\":[");
}

static void what_cannot_be_rewritten_is_refused_with_its_path(void **state)
{
	static const char *const rows[][2] = {
		{ "[]", "p" },
		{ "{\"type\":\"string\"}", "p" },
		{ OBJECT("\"a\":false"), "p.properties.a" },
		{ OBJECT("\"a\":{\"type\":\"array\",\"items\":false}"),
		  "p.properties.a" },
		{ OBJECT("\"a\":{\"type\":\"array\",\"items\":{\"$ref\":"
			 "\"https://x.example/\"}}"),
		  "p.properties.a.items" },
		{ OBJECT("\"a\":{\"$ref\":\"#\"}"), "p.properties.a" },
		{ OBJECT("\"a\":{\"$ref\":\"#/$defs/none\"}"),
		  "p.properties.a" },
		{ OBJECT("\"a\":{\"oneOf\":[{\"type\":\"string\"},{\"type\":"
			 "\"string\"}]}"),
		  "p.properties.a" },
		{ OBJECT("\"a\":{\"oneOf\":[{\"type\":\"integer\"},{\"type\":"
			 "\"number\"}]}"),
		  "p.properties.a" },
		{ OBJECT("\"a\":{\"allOf\":[{\"type\":\"string\"},{\"type\":"
			 "\"string\"}]}"),
		  "p.properties.a" },
		{ OBJECT("\"a\":{\"type\":\"string\",\"anyOf\":[{\"type\":"
			 "\"null\"}]}"),
		  "p.properties.a" },
		{ OBJECT("\"a\":{\"type\":[]}"), "p.properties.a" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error e;

		if (schema_normalize(*state, rows[i][0], "p", &e) != NULL)
			fail_msg("taken: %s", rows[i][0]);
		assert_error(&e, ERROR_VALUE, rows[i][1]);
		/* The text is the same for all clients. */
		assert_contains(e.message, rows[i][1][1] == '\0' ?
						   "schema: " :
						   rows[i][1] + 2);
		assert_null(schema_normalize(*state, rows[i][0], NULL, &e));
		assert_error(&e, ERROR_VALUE, "");
	}
}

/* Else each level would double everything below it: 2^40 schemas here. */
static void a_type_named_twice_is_one_type(void **state)
{
	const char *schema = "{\"type\":\"string\"}";
	const char *mended = schema;

	for (int i = 0; i < 40; i++) {
		schema = arena_printf(*state,
				      "{\"type\":[\"object\",\"object\"],"
				      "\"properties\":{\"a\":%s}}",
				      schema);
		mended = arena_printf(*state,
				      "{\"type\":\"object\","
				      "\"properties\":{\"a\":%s}}",
				      mended);
	}
	assert_normalized(*state, schema, mended);
	assert_normalized(*state,
			  OBJECT("\"a\":{\"type\":[\"null\",\"null\"],"
				 "\"nullable\":true}"),
			  OBJECT("\"a\":{\"type\":\"null\"}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(schemas_that_kimi_takes_stay_unchanged),
		TEST(other_schemas_are_rewritten),
		TEST(exclusive_branches_become_any_of),
		TEST(a_schema_for_anything_lists_all_types),
		TEST(a_type_named_twice_is_one_type),
		TEST(what_cannot_be_rewritten_is_refused_with_its_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
