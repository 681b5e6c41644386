/* SPDX-License-Identifier: MIT */
/* JSON: how trees are printed, and numbers as they were written. */
#include "tests/unit/support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void a_tree_prints_compactly(void **state)
{
	assert_string_equal(
		json_print(*state, parse(*state, "{ \"a\" : [ 1, \"x\" ] }")),
		"{\"a\":[1,\"x\"]}");
}

/* Each as it is written, alone and among others. */
static void numbers_print_as_they_were_written(void **state)
{
	static const char *const numbers[] = {
		"0",
		"-0",
		"7",
		"-7",
		"1.0",
		"-1.50",
		"0.1",
		"0.7",
		"1e5",
		"1E+5",
		"1e-7",
		"0.00001",
		"0.0001",
		"100",
		"1000000000000000",
		"2147483648",
		"-2147483649",
		"999999999999999",
		"9007199254740991",
		"9007199254740993",
		"-9007199254740993",
		"9223372036854775807",
		"18446744073709551615",
		"12345678901234567890",
		"123456789012345678901234567890",
		"1e400",
		"-1e400",
		"1e-400",
		"0.1234567890123456",
		"3.141592653589793238462643",
		"123456789.123456789",
		"1.7976931348623157e308",
		"5e-324",
		"0.30000000000000004",
	};

	for (size_t i = 0; i < COUNT(numbers); i++) {
		const char *n = numbers[i], *text;
		struct arena *a = *state;

		assert_string_equal(json_print(a, parse(a, n)), n);
		text = arena_printf(a,
				    "{\"a\":[1,\"2\\\"3\",%s,[%s],true],"
				    "\"4\":%s,\"b\":2.5}",
				    n, n, n);
		assert_string_equal(json_print(a, parse(a, text)), text);
	}
}

/* cJSON reads 63 characters. */
static void long_numbers_print_as_they_were_written(void **state)
{
	static const char *const ends[][2] = {
		{ "1", "" },	 { "-1", "" },	  { "0.1", "" },
		{ "1", "e-90" }, { "1.5e", "1" },
	};
	char digits[200];

	memset(digits, '0', sizeof(digits));
	for (size_t i = 0; i < COUNT(ends); i++)
		for (int n = 50; n < 200; n += 7) {
			char number[256], *text;

			snprintf(number, sizeof(number), "%s%.*s%s", ends[i][0],
				 n, digits, ends[i][1]);
			text = arena_printf(*state, "[1,%s,{\"a\":%s},2.0]",
					    number, number);
			assert_string_equal(
				json_print(*state, parse(*state, text)), text);
		}
}

/* cJSON takes some numbers that are no JSON: what is printed is. */
static void a_lenient_number_prints_as_json(void **state)
{
	assert_string_equal(json_print(*state, parse(*state, "[007,1.,-.5]")),
			    "[7,1,-0.5]");
	assert_string_equal(json_print(*state, parse(*state, "[1.e999,1.0]")),
			    "[null,1.0]");
}

/* A copy has its numbers too, and each is freed once. */
static void a_copied_number_keeps_its_text(void **state)
{
	const cJSON *tree = parse(*state, "{\"n\":9007199254740993}");
	cJSON *copy = cJSON_Duplicate(tree, true);

	assert_string_equal(json_print(*state, copy),
			    "{\"n\":9007199254740993}");
	assert_null(json_text(copy, "n"));
	cJSON_Delete(copy);
}

static void a_double_is_written_exactly(void **state)
{
	static const struct {
		double v;
		const char *json;
	} rows[] = {
		{ 0.1, "0.1" },
		{ 1, "1" },
		{ 0.1 + 0.2, "0.30000000000000004" },
		{ 9007199254740991.0, "9007199254740991" },
		{ 1e22, "1e+22" },
		{ (double)INFINITY, "null" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf *out = arena_buf(*state, 1000);
		cJSON *number = cJSON_CreateNumber(rows[i].v);
		struct json_writer w;

		json_writer_init(&w, out);
		json_put_number(&w, NULL, rows[i].v);
		assert_string_equal(buf_text(out), rows[i].json);
		assert_string_equal(json_print(*state, number), rows[i].json);
		cJSON_Delete(number);
	}
}

/* A tree that was made here may be deeper than what is read. */
static void a_deep_tree_prints(void **state)
{
	cJSON *tree = cJSON_CreateArray();
	const char *printed;

	for (int i = 0; i < 1000; i++) {
		cJSON *outer = i % 2 ? cJSON_CreateArray() :
				       cJSON_CreateObject();

		if (i % 2)
			cJSON_AddItemToArray(outer, tree);
		else
			cJSON_AddItemToObject(outer, "a", tree);
		tree = outer;
	}
	printed = json_print(*state, tree);
	cJSON_Delete(tree);
	assert_memory_equal(printed, "[{\"a\":[{\"a\":", 12);
	assert_non_null(strstr(printed, ":[]}]}]"));
	assert_int_equal(strlen(printed), 500 * 8 + 2);
}

static void a_tree_is_written_where_it_belongs(void **state)
{
	struct buf *out = arena_buf(*state, 1000);
	struct json_writer w;

	json_writer_init(&w, out);
	json_object(&w, NULL);
	json_put_tree(&w, "a",
		      parse(*state, "[{},[],null,true,false,\"\\t\"]"));
	json_put_tree(&w, "b", NULL);
	json_close_object(&w);
	assert_string_equal(buf_text(out),
			    "{\"a\":[{},[],null,true,false,\"\\t\"],"
			    "\"b\":null}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_tree_prints_compactly),
		TEST(numbers_print_as_they_were_written),
		TEST(long_numbers_print_as_they_were_written),
		TEST(a_lenient_number_prints_as_json),
		TEST(a_copied_number_keeps_its_text),
		TEST(a_double_is_written_exactly),
		TEST(a_deep_tree_prints),
		TEST(a_tree_is_written_where_it_belongs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
