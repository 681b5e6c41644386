/* SPDX-License-Identifier: MIT */
/* Values, and schemas that they fit or do not fit. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "emulate/schema_check.h"

static const char *fault(struct arena *a, const char *schema, const char *value)
{
	return schema_check(parse(a, value), parse(a, schema), a);
}

static void each_keyword_is_checked(void **state)
{
	static const struct {
		const char *schema, *fits, *fails, *fault;
	} rows[] = {
		{ "{\"type\":\"object\"}", "{}", "[]",
		  "reply must be of type object" },
		{ "{\"type\":\"array\"}", "[]", "{}", "array" },
		{ "{\"type\":\"string\"}", "\"1\"", "1", "string" },
		{ "{\"type\":\"number\"}", "1.5", "\"1\"", "number" },
		{ "{\"type\":\"integer\"}", "-2", "1.5", "integer" },
		{ "{\"type\":\"integer\"}", "1e3", "true", "integer" },
		{ "{\"type\":\"boolean\"}", "false", "0", "boolean" },
		{ "{\"type\":\"null\"}", "null", "0", "null" },
		{ "{\"type\":[\"string\",\"null\"]}", "null", "0",
		  "of one of the types [\"string\",\"null\"]" },
		{ "{\"enum\":[\"a\",{\"b\":[1]}]}", "{\"b\":[1]}", "\"A\"",
		  "reply must be one of [\"a\",{\"b\":[1]}]" },
		{ "{\"const\":7}", "7", "8", "reply must be 7" },
		{ "{\"minimum\":2}", "2", "1.9", "at least 2" },
		{ "{\"maximum\":2}", "2", "2.1", "at most 2" },
		{ "{\"minItems\":1}", "[0]", "[]",
		  "0 items, which is too few" },
		{ "{\"maxItems\":1}", "[0]", "[0,0]",
		  "2 items, which is too many" },
		{ "{\"required\":[\"a\",\"b\"]}", "{\"a\":1,\"b\":null}",
		  "{\"a\":1}", "reply lacks \"b\"" },
		{ "{\"properties\":{\"a\":{\"type\":\"string\"}}}", "{\"b\":1}",
		  "{\"a\":1}", "reply.a must be of type string" },
		{ "{\"properties\":{\"a\":{}},\"additionalProperties\":false}",
		  "{\"a\":1}", "{\"a\":1,\"b\":2}",
		  "reply must not have \"b\"" },
		{ "{\"additionalProperties\":{\"type\":\"string\"}}",
		  "{\"a\":\"x\"}", "{\"a\":1}", "reply.a must be" },
		{ "{\"items\":{\"type\":\"string\"}}", "[\"x\"]", "[\"x\",1]",
		  "reply[1] must be" },
		{ "{\"allOf\":[{\"minimum\":1},{\"maximum\":2}]}", "2", "3",
		  "at most 2" },
		{ "{\"anyOf\":[{\"type\":\"null\"},{\"type\":\"string\"}]}",
		  "null", "1", "of type string" },
		{ "{\"oneOf\":[{\"minimum\":1},{\"maximum\":2}]}", "3", "1.5",
		  "more than one alternative" },
		{ "{\"oneOf\":[{\"type\":\"null\"},{\"maximum\":2}]}", "1", "3",
		  "at most 2" },
		{ "{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"type\":"
		  "\"string\"}}}",
		  "\"x\"", "1", "of type string" },
		{ "{\"properties\":{\"next\":{\"$ref\":\"#\"},\"v\":{\"type\":"
		  "\"number\"}}}",
		  "{\"next\":{\"next\":{\"v\":1}}}",
		  "{\"next\":{\"next\":{\"v\":\"\"}}}",
		  "reply.next.next.v must be of type number" },
		{ "{\"properties\":{\"list\":{\"items\":{\"properties\":{"
		  "\"a\":{\"const\":1}}}}}}",
		  "{\"list\":[{\"a\":1}]}", "{\"list\":[{\"a\":1},{\"a\":2}]}",
		  "reply.list[1].a must be 1" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *found =
			fault(*state, rows[i].schema, rows[i].fails);

		assert_null(fault(*state, rows[i].schema, rows[i].fits));
		if (found == NULL)
			fail_msg("%s", rows[i].schema);
		assert_contains(found, rows[i].fault);
	}
}

static void keywords_of_another_type_do_not_matter(void **state)
{
	static const char schema[] =
		"{\"minimum\":2,\"maxItems\":0,\"required\":[\"a\"],"
		"\"properties\":{\"a\":{\"type\":\"string\"}},\"items\":{"
		"\"type\":\"null\"},\"additionalProperties\":false}";

	assert_null(fault(*state, schema, "\"text\""));
	assert_null(fault(*state, schema, "true"));
}

static void unknown_and_odd_keywords_are_ignored(void **state)
{
	static const char *const schemas[] = {
		"true",
		"[]",
		"{}",
		"{\"type\":\"date\",\"pattern\":\"^x\",\"format\":\"uri\"}",
		"{\"type\":7,\"enum\":7,\"required\":7,\"properties\":7,"
		"\"items\":7,\"anyOf\":7,\"minimum\":\"x\",\"$ref\":7}",
		"{\"$ref\":\"#/nowhere/at/all\"}",
		"{\"$ref\":\"https://example.com/\"}",
		"{\"patternProperties\":{},\"additionalProperties\":false}",
	};

	for (size_t i = 0; i < COUNT(schemas); i++)
		assert_null(fault(*state, schemas[i], "{\"a\":1}"));
	assert_null(schema_check(parse(*state, "1"), NULL, *state));
}

static void circular_references_end(void **state)
{
	assert_null(fault(*state, "{\"$ref\":\"#\"}", "1"));
	/* Each step asks for two more; the result does not matter. */
	fault(*state, "{\"oneOf\":[{\"$ref\":\"#\"},{\"$ref\":\"#\"}]}", "1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_keyword_is_checked),
		TEST(keywords_of_another_type_do_not_matter),
		TEST(unknown_and_odd_keywords_are_ignored),
		TEST(circular_references_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
