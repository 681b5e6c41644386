/* SPDX-License-Identifier: MIT */
/* What a reply says about its failure, in every shape. */
#include "upstream/error_body.h"

#include <string.h>

#include "tests/unit/support/test.h"

static void assert_text(const char *found, const char *expected,
			const char *body)
{
	if (expected == NULL ? found != NULL :
			       found == NULL || strcmp(found, expected) != 0)
		fail_msg("%s: found %s", body, found == NULL ? "none" : found);
}

static void errors_are_found_in_every_shape(void **state)
{
	static const struct {
		const char *body, *type, *code, *message;
		long status;
	} rows[] = {
		{ "{\"error\":{\"message\":\"M\",\"type\":\"T\"}}", "T", NULL,
		  "M", 0 },
		{ "{\"error\":{\"message\":\"M\",\"type\":\"T\",\"code\":"
		  "\"C\"}}",
		  "T", "C", "M", 0 },
		{ "{\"error\":{\"message\":\"M\",\"code\":429}}", NULL, NULL,
		  "M", 429 },
		{ "{\"error\":{\"message\":\"M\",\"code\":\"429\"}}", NULL,
		  "429", "M", 429 },
		{ "{\"type\":\"error\",\"error\":{\"type\":\"T\",\"message\":"
		  "\"M\"},\"request_id\":\"r\"}",
		  "T", NULL, "M", 0 },
		{ "{\"error\":\"M\"}", NULL, NULL, "M", 0 },
		{ "{\"code\":5,\"error\":\"C\",\"message\":\"M\"}", NULL, "C",
		  "M", 0 },
		{ "{\"message\":\"M\",\"type\":\"T\",\"code\":400}", "T", NULL,
		  "M", 400 },
		{ "{\"object\":\"error\",\"message\":\"M\",\"type\":\"T\","
		  "\"param\":null,\"code\":400}",
		  "T", NULL, "M", 400 },
		{ "{\"detail\":\"M\"}", NULL, NULL, "M", 0 },
		{ "{\"detail\":{\"error\":{\"message\":\"M\"}}}", NULL, NULL,
		  "M", 0 },
		{ "{\"detail\":[{\"loc\":[\"body\",0],\"msg\":\"M\",\"type\":"
		  "\"T\"}]}",
		  "T", NULL, "M", 0 },
		{ "{\"title\":\"No\",\"status\":422,\"detail\":\"M\"}", NULL,
		  NULL, "M", 422 },
		{ "{\"title\":\"M\",\"status\":422}", NULL, NULL, "M", 422 },
		{ "{\"code\":401,\"msg\":\"M\"}", NULL, NULL, "M", 401 },
		{ "[{\"error\":{\"message\":\"M\"}}]", NULL, NULL, "M", 0 },
		{ "{\"errors\":[{\"message\":\"M\"}]}", NULL, NULL, "M", 0 },
		{ "{\"error\":{\"error\":{\"message\":\"M\",\"type\":\"T\"}}}",
		  "T", NULL, "M", 0 },
		{ "{\"error\":{\"message\":\"{\\\"error\\\":{\\\"message\\\":"
		  "\\\"M\\\",\\\"code\\\":\\\"C\\\"}}\",\"type\":\"T\"}}",
		  "T", "C", "M", 0 },
		{ "{\"error\":\"invalid_grant\",\"error_description\":\"M\"}",
		  NULL, "invalid_grant", "M", 0 },
		{ "\"M\"", NULL, NULL, "M", 0 },
		{ " method not found\n", NULL, NULL, "method not found", 0 },
		{ "<html>\r\n<head><title>413 Request Entity\n Too "
		  "Large</title></head><body></body></html>",
		  NULL, NULL, "413 Request Entity Too Large", 413 },
		{ "<!DOCTYPE html><TITLE lang=en>Sorry</TITLE>", NULL, NULL,
		  "Sorry", 0 },
		{ "<html><head><title></title></head><body><h1>502 Bad "
		  "Gateway</h1></body></html>",
		  NULL, NULL, "502 Bad Gateway", 502 },
		{ "<html><body>x</body></html>", NULL, NULL, NULL, 0 },
		{ "<html><head><title>cut", NULL, NULL, NULL, 0 },
		{ "{\"error\":{\"mess", NULL, NULL, NULL, 0 },
		{ "{\"error\":null}", NULL, NULL, NULL, 0 },
		{ "{}", NULL, NULL, NULL, 0 },
		{ "", NULL, NULL, NULL, 0 },
		{ "\r\n", NULL, NULL, NULL, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error_body said = error_body_read(*state, rows[i].body,
							 strlen(rows[i].body));

		assert_text(said.type, rows[i].type, rows[i].body);
		assert_text(said.code, rows[i].code, rows[i].body);
		assert_text(said.message, rows[i].message, rows[i].body);
		assert_int_equal(said.status, rows[i].status);
	}
}

static void long_texts_and_deep_trees_have_their_limits(void **state)
{
	const char *text = "x", *tree = "{\"message\":\"M\"}";
	struct error_body said;

	for (int i = 0; i < 10; i++)
		text = arena_printf(*state, "%s%s", text, text);
	said = error_body_read(*state, text, strlen(text));
	assert_int_equal(strlen(said.message), 300);
	for (int i = 0; i < 50; i++)
		tree = arena_printf(*state, "{\"error\":%s}", tree);
	said = error_body_read(*state, tree, strlen(tree));
	assert_null(said.message);
}

static void what_is_no_error_is_told_apart(void **state)
{
	static const struct {
		const char *tree;
		bool has, is;
	} rows[] = {
		{ "{\"error\":{\"message\":\"M\"}}", true, true },
		{ "{\"error\":\"M\"}", true, true },
		{ "{\"type\":\"error\",\"message\":\"M\"}", true, true },
		{ "{\"object\":\"error\",\"message\":\"M\"}", true, true },
		{ "{\"message\":\"M\"}", false, true },
		{ "{\"detail\":\"M\"}", false, true },
		{ "{\"code\":401,\"msg\":\"M\"}", false, true },
		{ "{\"detail\":[{\"msg\":\"M\"}]}", false, true },
		{ "{\"choices\":[],\"message\":\"M\"}", false, false },
		{ "{\"type\":\"message_note\",\"message\":\"M\"}", false,
		  false },
		{ "{\"choices\":[],\"error\":null}", false, false },
		{ "{\"choices\":[],\"error\":false}", false, false },
		{ "{\"choices\":[],\"error\":\"\"}", false, false },
		{ "{\"choices\":[],\"error\":{}}", false, false },
		{ "{\"choices\":[],\"error\":[]}", false, false },
		{ "{\"choices\":[],\"error\":0}", false, false },
		{ "{\"choices\":[],\"error\":1}", true, true },
		{ "{\"choices\":[],\"error\":true}", true, true },
		{ "{\"object\":\"ping\"}", false, false },
		{ "{}", false, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const cJSON *tree = parse(*state, rows[i].tree);

		if (error_body_has_error(tree) != rows[i].has ||
		    error_body_is_error(tree) != rows[i].is)
			fail_msg("%s", rows[i].tree);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(errors_are_found_in_every_shape),
		TEST(long_texts_and_deep_trees_have_their_limits),
		TEST(what_is_no_error_is_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
