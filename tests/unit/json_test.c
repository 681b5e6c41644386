/* SPDX-License-Identifier: MIT */
/* JSON: what is read, what is refused, what is written. */
#include "tests/unit/support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void refused(struct arena *a, const char *text)
{
	struct error e = { .kind = ERROR_KINDS };

	if (json_parse(a, text, strlen(text), &e) != NULL)
		fail_msg("accepted: %s", text);
	assert_error(&e, ERROR_BAD_REQUEST, "");
}

static void malformed_json_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		" ",
		"{",
		"[1",
		"{\"a\"}",
		"{} {}",
		"[1]x",
		"nul",
		"'a'",
		"\"a",
		"{a:1}",
		"\"\\u12\"",
		"\"\xFF\"",
		"\xEF\xBB\xBF{} x",
		"\"\xED\xA0\x80\"",
		"[1}",
		"\"\\uD83",
		"\"\\uD83D\\u12\"",
		"\"\\uXYZ1 x\"",
		"\"\\u12G4\"",
	};

	for (size_t i = 0; i < COUNT(texts); i++)
		refused(*state, texts[i]);
}

static void white_space_around_is_allowed(void **state)
{
	assert_true(cJSON_IsObject(parse(*state, " \t\r\n{ } \t\r\n")));
}

#define MARK "\xEF\xBF\xBD" /* U+FFFD */

/* The text is read, and printed as expected. */
static void reads_as(struct arena *a, const char *text, const char *printed)
{
	assert_string_equal(json_print(a, parse(a, text)), printed);
}

static void what_a_string_cannot_hold_is_replaced(void **state)
{
	static const char *const rows[][2] = {
		{ "[\"\\u0000\"]", "[\"" MARK "\"]" },
		{ "{\"a\":\"b\\u0000c\"}", "{\"a\":\"b" MARK "c\"}" },
		{ "{\"a\\u0000\":1}", "{\"a" MARK "\":1}" },
		{ "[\"\\\\\\u0000\"]", "[\"\\\\" MARK "\"]" },
		{ "[\"\\uD83D\"]", "[\"" MARK "\"]" },
		{ "[\"\\udc00\"]", "[\"" MARK "\"]" },
		{ "[\"x\\uD83D\",\"\\uDE00y\"]",
		  "[\"x" MARK "\",\"" MARK "y\"]" },
		{ "[\"\\uDE00\\uD83D\"]", "[\"" MARK MARK "\"]" },
		{ "[\"\\uD83D\\uD83D\\uDE00\"]",
		  "[\"" MARK "\xF0\x9F\x98\x80\"]" },
		{ "[\"\\uD83Dx\\uDE00\"]", "[\"" MARK "x" MARK "\"]" },
		{ "[\"\\uD83D\\n\"]", "[\"" MARK "\\n\"]" },
		{ "[\"\\uD83D\\\"\"]", "[\"" MARK "\\\"\"]" },
		{ "{\"\\ud83d\":[7,\"\\u0000\",1.0]}",
		  "{\"" MARK "\":[7,\"" MARK "\",1.0]}" },
		{ "[\"\\uD83D\\uDE00\"]", "[\"\xF0\x9F\x98\x80\"]" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		reads_as(*state, rows[i][0], rows[i][1]);
}

/* Other control characters are taken as they are too. */
static void a_raw_nul_in_a_string_is_replaced(void **state)
{
	static const char bytes[] = "{\"a\0\":\"b\0c\t\"}";
	struct error e = { .kind = ERROR_KINDS };
	const cJSON *tree = json_parse(*state, bytes, sizeof(bytes) - 1, &e);

	assert_non_null(tree);
	assert_string_equal(json_print(*state, tree),
			    "{\"a" MARK "\":\"b" MARK "c\\t\"}");
}

static void a_raw_nul_elsewhere_is_refused(void **state)
{
	static const struct {
		const char *text;
		size_t n;
	} rows[] = {
		{ "\0", 1 },
		{ "[\"\\\0\"]", 6 },
		{ "[1]\0x", 5 },
		{ "1\0", 2 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error e = { .kind = ERROR_KINDS };

		assert_null(json_parse(*state, rows[i].text, rows[i].n, &e));
		assert_error(&e, ERROR_BAD_REQUEST, "");
	}
}

static void an_error_about_bytes_says_where(void **state)
{
	struct error e = { .kind = ERROR_KINDS };

	assert_null(json_parse(*state, "[\"ab\xFF\"]", 7, &e));
	assert_non_null(strstr(e.message, "byte 4"));
}

static void what_only_resembles_a_nul_is_accepted(void **state)
{
	assert_string_equal(json_text(parse(*state, "[\"\\\\u0000\"]"), "0"),
			    "\\u0000");
	assert_string_equal(json_text(parse(*state, "[\"u0000\"]"), "0"),
			    "u0000");
	parse(*state, "[\"\\u0001\\u1000\"]");
}

static char *nested(struct arena *a, size_t depth, const char *open,
		    const char *close)
{
	char *text = arena_alloc(a, depth * 8 + 8), *p = text;

	for (size_t i = 0; i < depth; i++)
		p = stpcpy(p, open);
	*p++ = '1';
	for (size_t i = 0; i < depth; i++)
		p = stpcpy(p, close);
	return text;
}

static void deep_nesting_is_refused(void **state)
{
	parse(*state, nested(*state, JSON_MAX_DEPTH, "[", "]"));
	refused(*state, nested(*state, JSON_MAX_DEPTH + 1, "[", "]"));
	parse(*state, nested(*state, JSON_MAX_DEPTH, "{\"a\":", "}"));
	refused(*state, nested(*state, JSON_MAX_DEPTH + 1, "{\"a\":", "}"));
	refused(*state, nested(*state, 100000, "[", "]"));
}

/* A tree needs about 64 bytes for each value, the input as few as two. */
static void too_many_values_are_refused(void **state)
{
	size_t n = 2 * JSON_MAX_VALUES + 4;
	char *text = arena_alloc(*state, n + 1);
	struct error e;

	for (size_t i = 0; i + 1 < n; i += 2)
		memcpy(text + i, "0,", 2);
	text[0] = '[';
	text[1] = '0';
	text[n - 2] = '0';
	text[n - 1] = ']';
	assert_null(json_parse(*state, text, n, &e));
	assert_non_null(strstr(e.message, "values"));
}

static void brackets_in_strings_do_not_nest(void **state)
{
	char *text = arena_alloc(*state, 300);

	memset(text, '[', 299);
	text[0] = text[298] = '"';
	text[299] = '\0';
	parse(*state, text);
	parse(*state, "\"\\\"[[\\\\\"");
}

static void a_path_leads_to_its_value(void **state)
{
	const cJSON *t = parse(*state,
			       "{\"a\":{\"b\":[10,{\"c\":\"x\"}]},\"n\":null,"
			       "\"A\":2,\"t\":true,\"f\":1.9,\"big\":1e300}");

	assert_string_equal(json_text(t, "a.b.1.c"), "x");
	assert_int_equal(json_int(t, "a.b.0", -1), 10);
	assert_int_equal(json_int(t, "A", -1), 2);
	assert_int_equal(json_int(t, "f", -1), 1);
	assert_int_equal(json_int(t, "big", -1), -1);
	assert_int_equal(json_int(t, "t", -1), -1);
	assert_null(json_at(t, "n"));
	assert_null(json_at(t, "n.x"));
	assert_null(json_at(t, "a.b.2"));
	assert_null(json_at(t, "a.c.d"));
	assert_null(json_text(t, "a.b.0"));
	assert_null(json_text(NULL, "a"));
	assert_ptr_equal(json_at(t, ""), t);
}

static const char *written(struct buf *out, const char *s, size_t n)
{
	struct json_writer w;

	buf_clear(out);
	json_writer_init(&w, out);
	json_put_text_n(&w, NULL, s, n);
	return buf_text(out);
}

static void only_what_must_be_escaped_is(void **state)
{
	static const struct {
		const char *text, *json;
	} rows[] = {
		{ "", "\"\"" },
		{ "a\"b\\c/", "\"a\\\"b\\\\c/\"" },
		{ "\n\r\t\b\f\x01\x1F", NULL },
		{ "\x7F \xE4\xBD\xA0\xF0\x9F\x91\x8D",
		  "\"\x7F \xE4\xBD\xA0\xF0\x9F\x91\x8D\"" },
	};
	struct buf out;

	buf_init(&out, 1000);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *json =
			written(&out, rows[i].text, strlen(rows[i].text));

		if (rows[i].json != NULL)
			assert_string_equal(json, rows[i].json);
		for (const char *p = json; *p != '\0'; p++)
			assert_true((unsigned char)*p >= 0x20);
		assert_string_equal(cJSON_GetStringValue(parse(*state, json)),
				    rows[i].text);
	}
	assert_string_equal(written(&out, "a\0b", 3), "\"a\\u0000b\"");
	buf_fini(&out);
}

static void commas_separate_and_never_trail(void **state)
{
	struct buf *out = arena_buf(*state, 1000);
	struct json_writer w;

	json_writer_init(&w, out);
	json_object(&w, NULL);
	json_array(&w, "a\"");
	json_close_array(&w);
	json_object(&w, "o");
	json_put_null(&w, "n");
	json_put_bool(&w, "b", true);
	json_close_object(&w);
	json_array(&w, "l");
	json_put_int(&w, NULL, INT64_MIN);
	json_put_number(&w, NULL, 0.1);
	json_put_text(&w, NULL, NULL);
	json_object(&w, NULL);
	json_close_object(&w);
	json_array(&w, NULL);
	json_close_array(&w);
	json_close_array(&w);
	json_put_raw(&w, "r", "{\"x\":[]}");
	json_close_object(&w);
	assert_string_equal(buf_text(out),
			    "{\"a\\\"\":[],\"o\":{\"n\":null,\"b\":true},"
			    "\"l\":[-9223372036854775808,0.1,null,{},[]],"
			    "\"r\":{\"x\":[]}}");
}

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
			reads_as(*state, text, text);
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

static void only_an_object_to_the_letter_is_one(void **state)
{
	static const char *const are[] = {
		"{}",
		" {\"a\": [1, -2.5e+7, 0, \"\\t\\u0000\\ud83d\"]}\r\n",
	};
	static const char *const are_not[] = {
		"",
		"[]",
		"7",
		"null",
		"{",
		"{}{}",
		"{\"a\":01}",
		"{\"a\":1.}",
		"{\"a\":-.5}",
		"{\"a\":00}",
		"{\"a\":\"\n\"}",
		"{\f}",
		"{\"a\":\"\t\"}",
		"\xEF\xBB\xBF{}",
		"{\"a\":\"\\uXYZ1\"}",
		"{\"a\":1e}",
		"{\"a\":-01}",
		"{\"a\":000000000000000000}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(are); i++)
		assert_true(json_is_object(are[i], strlen(are[i])));
	for (size_t i = 0; i < COUNT(are_not); i++)
		if (json_is_object(are_not[i], strlen(are_not[i])))
			fail_msg("%s", are_not[i]);
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
		TEST(malformed_json_is_refused),
		TEST(white_space_around_is_allowed),
		TEST(what_a_string_cannot_hold_is_replaced),
		TEST(a_raw_nul_in_a_string_is_replaced),
		TEST(a_raw_nul_elsewhere_is_refused),
		TEST(an_error_about_bytes_says_where),
		TEST(what_only_resembles_a_nul_is_accepted),
		TEST(deep_nesting_is_refused),
		TEST(too_many_values_are_refused),
		TEST(brackets_in_strings_do_not_nest),
		TEST(a_path_leads_to_its_value),
		TEST(only_what_must_be_escaped_is),
		TEST(commas_separate_and_never_trail),
		TEST(a_tree_prints_compactly),
		TEST(numbers_print_as_they_were_written),
		TEST(long_numbers_print_as_they_were_written),
		TEST(a_lenient_number_prints_as_json),
		TEST(a_copied_number_keeps_its_text),
		TEST(only_an_object_to_the_letter_is_one),
		TEST(a_double_is_written_exactly),
		TEST(a_deep_tree_prints),
		TEST(a_tree_is_written_where_it_belongs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
