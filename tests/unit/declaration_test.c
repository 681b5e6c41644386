/* SPDX-License-Identifier: MIT */
/* The text by which chat templates declare tools. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "tokens/declaration.h"

#define HEAD "# Tools\n\n## functions\nnamespace functions {\n"

static struct chat_request with_tools(struct arena *a, const char *functions)
{
	return decode(a, arena_printf(a,
				      "{\"model\":\"m\",\"messages\":[{\"role\""
				      ":\"user\",\"content\":\"x\"}],"
				      "\"tools\":[%s]}",
				      functions));
}

/* NULL when it cannot be written. */
static const char *types_of(struct arena *a, const char *functions)
{
	struct chat_request r = with_tools(a, functions);
	struct buf *out = arena_buf(a, 1 << 20);

	return declaration_types(out, &r, a) ? buf_text(out) : NULL;
}

#define FUNCTION(name, more)                                                   \
	"{\"type\":\"function\",\"function\":{\"name\":\"" name "\"" more "}}"
#define PARAMETERS(more) ",\"parameters\":{\"type\":\"object\"," more "}"

/* What the decoder adds where a tool has none. */
#define NOTHING PARAMETERS("\"properties\":{}")

static const char *const tools_and_types[][2] = {
	{ FUNCTION("f", ""), HEAD "type f = (_: {}) => any;\n}\n" },
	{ FUNCTION("f", ",\"description\":\"One.\\n\\nTwo.\"") "," FUNCTION("g",
									    ""),
	  HEAD "// One.\n\n// Two.\ntype f = (_: {}) => any;\n"
	       "type g = (_: {}) => any;\n}\n" },
	/* Nested objects, optional properties. */
	{ FUNCTION("create_user",
		   ",\"description\":\"Create a new user record.\"" PARAMETERS(
			   "\"properties\":{\"user\":{\"type\":"
			   "\"object\",\"properties\":{\"name\":{"
			   "\"type\":\"string\"},\"age\":{\"type\":"
			   "\"integer\"}},\"required\":[\"name\"]}},"
			   "\"required\":[\"user\"]")),
	  HEAD "// Create a new user record.\n"
	       "type create_user = (_: {\n  user: {\n    name: string,"
	       "\n    age?: number\n  }\n}) => any;\n}\n" },
	{ FUNCTION("set_status",
		   PARAMETERS("\"properties\":{\"status\":{\"enum\":["
			      "\"active\",\"paused\",\"done\"]}},"
			      "\"required\":[\"status\"]")),
	  HEAD "type set_status = (_: {\n  status: \"active\" | "
	       "\"paused\" | \"done\"\n}) => any;\n}\n" },
	/* Required properties first, each group by name. */
	{ FUNCTION("weather", ",\"description\":\"Read weather\"" PARAMETERS(
				      "\"properties\":{\"units\":{\"type\":"
				      "\"string\",\"enum\":[\"c\",\"f\"]},"
				      "\"city\":{\"type\":\"string\","
				      "\"description\":\"City name\"}},"
				      "\"required\":[\"city\"]")),
	  HEAD "// Read weather\ntype weather = (_: {\n"
	       "  // City name\n  city: string,\n"
	       "  units?: \"c\" | \"f\"\n}) => any;\n}\n" },
	/* Constraints, defaults, arrays, unions. */
	{ FUNCTION("f", PARAMETERS("\"properties\":{\"a\":{\"type\":\"array\","
				   "\"minItems\":1,\"items\":{\"type\":"
				   "\"string\"}},\"b\":{\"type\":\"array\","
				   "\"items\":{\"type\":\"number\",\"minimum\":"
				   "0,\"maximum\":1.5}},\"c\":{\"type\":["
				   "\"string\",\"null\"],\"default\":null},"
				   "\"d\":{\"type\":\"string\",\"default\":"
				   "\"x\\\"y\",\"pattern\":\"^a\","
				   "\"minLength\":2},\"e\":{\"type\":"
				   "\"boolean\",\"default\":true},\"f\":{},"
				   "\"g\":true,\"h\":{\"anyOf\":[{\"type\":"
				   "\"integer\"},{\"type\":\"null\"}]},\"i\":{"
				   "\"type\":\"array\"},\"j\":{\"enum\":[1,"
				   "null,true]}}")),
	  HEAD "type f = (_: {\n"
	       "  // minItems: 1\n  a?: Array<string>,\n"
	       "  b?: Array<\n    // maximum: 1.5, minimum: 0\n"
	       "    number\n  >,\n"
	       "  c?: string | null,\n"
	       "  // minLength: 2, pattern: ^a\n"
	       "  // Default: \"x\\\"y\"\n  d?: string,\n"
	       "  // Default: True\n  e?: boolean,\n"
	       "  f?: any,\n  g?: any,\n  h?: number | null,\n"
	       "  i?: Array<any>,\n  j?: 1 | None | True\n"
	       "}) => any;\n}\n" },
	{ FUNCTION("f", PARAMETERS("\"additionalProperties\":false")),
	  HEAD "type f = (_: {\n  [k: string]: never\n}) => any;\n}\n" },
	{ FUNCTION("f", PARAMETERS("\"properties\":{\"a\":{\"type\":"
				   "\"object\",\"additionalProperties\""
				   ":{\"type\":\"integer\"}}}")),
	  HEAD "type f = (_: {\n  a?: {\n    [k: string]: number\n"
	       "  }\n}) => any;\n}\n" },
	/* References. */
	{ FUNCTION("f", PARAMETERS("\"$defs\":{\"Q\":{\"type\":\"string\","
				   "\"description\":\"A q.\"}},"
				   "\"properties\":{\"a\":{\"$ref\":"
				   "\"#/$defs/Q\"}}")),
	  HEAD "// A q.\ninterface Q string\n"
	       "type f = (_: {\n  a?: Q\n}) => any;\n}\n" },
	{ FUNCTION("f", PARAMETERS("\"properties\":{\"z\":{\"$ref\":"
				   "\"#\"},\"a\":{\"type\":\"string\"}},"
				   "\"required\":[\"z\"]")),
	  HEAD "interface parameters {\n  a?: string,\n"
	       "  z: parameters\n}\n"
	       "type f = (_: parameters) => any;\n}\n" },
};

static void tools_are_written_as_types(void **state)
{
	for (size_t i = 0; i < COUNT(tools_and_types); i++)
		assert_string_equal(types_of(*state, tools_and_types[i][0]),
				    tools_and_types[i][1]);
}

static void schemas_without_a_type_are_refused(void **state)
{
	static const char *const schemas[] = {
		"{\"oneOf\":[{\"type\":\"string\"}]}",
		"{\"$ref\":\"#/$defs/None\"}",
		"{\"$ref\":\"other.json\"}",
		"{\"type\":[\"string\",\"float\"]}",
		"{\"anyOf\":{}}",
		"{\"type\":7}",
		"7",
		"{\"type\":\"object\",\"additionalProperties\":7}",
	};

	for (size_t i = 0; i < COUNT(schemas); i++)
		assert_null(types_of(
			*state,
			arena_printf(*state,
				     FUNCTION("f", PARAMETERS("\"properties\""
							      ":{\"a\":%s}")),
				     schemas[i])));
}

static const char *nested(struct arena *a, int levels)
{
	const char *schema = "{\"type\":\"string\"}";

	for (int i = 0; i < levels; i++)
		schema = arena_printf(a, "{\"type\":\"array\",\"items\":%s}",
				      schema);
	return arena_printf(
		a, FUNCTION("f", PARAMETERS("\"properties\":{\"a\":%s}")),
		schema);
}

static void length_is_limited_but_not_depth(void **state)
{
	struct arena *a = *state;
	struct chat_request r = with_tools(
		a, FUNCTION("f", ",\"description\":\"long enough\""));

	assert_non_null(types_of(a, nested(a, 90)));
	for (size_t limit = 0; limit < 40; limit++) {
		assert_false(declaration_types(arena_buf(a, limit), &r, a));
		assert_false(declaration_json(arena_buf(a, limit), &r));
	}
}

static void tools_are_written_as_json(void **state)
{
	static const char *const first = FUNCTION(
		"f", ",\"description\":\"d\"" NOTHING ",\"strict\":true");
	static const char *const second = FUNCTION("g", NOTHING);
	const char *both = arena_printf(*state, "%s,%s", first, second);
	struct chat_request r = with_tools(*state, both);
	struct buf *out = arena_buf(*state, 1024);

	assert_true(declaration_json(out, &r));
	assert_string_equal(buf_text(out), arena_printf(*state, "[%s]", both));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tools_are_written_as_types),
		TEST(schemas_without_a_type_are_refused),
		TEST(length_is_limited_but_not_depth),
		TEST(tools_are_written_as_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
