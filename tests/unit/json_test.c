/* SPDX-License-Identifier: MIT */
/* JSON: what is read, what is refused, what the writer writes. */
#include "tests/unit/support/test.h"

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

/* Refuses more values than `*ctx`. */
static bool admit(void *ctx, size_t values, struct error *e)
{
	const size_t *most = ctx;

	return values <= *most || error_set(e, ERROR_FULL, "Too many.");
}

/* A large one is not there twice. */
static void strings_can_stay_where_they_are(void **state)
{
	char text[] =
		"\xEF\xBB\xBF {\"a\\u00e9\":[\"b\\ud83d\\ude00\\n\", \"\", 1.0],"
		"\"c\":{}}";
	struct error e = { .kind = ERROR_KINDS };
	size_t most = 9;
	const cJSON *tree = json_parse_in_place(*state, text, strlen(text),
						admit, &most, &e);
	const char *b = json_text(tree, "a\xC3\xA9.0");

	assert_string_equal(b, "b\xF0\x9F\x98\x80\n");
	assert_true(b > text && b < text + sizeof(text));
	assert_string_equal(
		json_print(*state, tree),
		"{\"a\xC3\xA9\":[\"b\xF0\x9F\x98\x80\\n\",\"\",1.0],"
		"\"c\":{}}");
}

static void numbers_in_place_are_what_cjson_reads(void **state)
{
	static const char numbers[] =
		"[0,7,-1,00,007,42.5,1e3,3.0,5E-1,999999999,1000000000,"
		"2147483647,2147483648,12345678901234567890,0]";
	char text[sizeof(numbers)];
	struct error e = { .kind = ERROR_KINDS };
	size_t most = 100;
	cJSON *theirs = cJSON_Parse(numbers);
	const cJSON *ours, *v = theirs->child;

	memcpy(text, numbers, sizeof(numbers));
	ours = json_parse_in_place(*state, text, strlen(text), admit, &most,
				   &e);
	for (ours = ours->child; ours != NULL; ours = ours->next) {
		assert_true(cJSON_IsNumber(ours));
		assert_int_equal(ours->valueint, v->valueint);
		assert_true(ours->valuedouble == v->valuedouble);
		v = v->next;
	}
	assert_null(v);
	cJSON_Delete(theirs);
}

static void many_values_can_be_refused_before_the_tree(void **state)
{
	char text[] = "[1,[2,3],{}]";
	struct error e = { .kind = ERROR_KINDS };
	size_t most = 5;

	assert_null(json_parse_in_place(*state, text, strlen(text), admit,
					&most, &e));
	assert_error(&e, ERROR_FULL, "");
	assert_string_equal(text, "[1,[2,3],{}]");
	most = 6;
	assert_non_null(json_parse_in_place(*state, text, strlen(text), admit,
					    &most, &e));
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

static void only_whole_names_are_found(void **state)
{
	const cJSON *t = parse(*state, "{\"a.b\":1,\"ab\":2,\"abc\":{\"\":3},"
				       "\"a\":{\"b\":{\"c\":4}},\"l\":[5]}");

	assert_int_equal(json_int(t, "a.b.c", -1), 4);
	assert_int_equal(json_int(t, "ab", -1), 2);
	assert_null(json_at(t, "a.b.c.d"));
	assert_null(json_at(t, "b"));
	assert_null(json_at(t, "abcd"));
	assert_null(json_at(t, "abc.b"));
	assert_null(json_at(t, "ab.c"));
	assert_null(json_at(t, "l.1"));
	assert_null(json_at(t, "l.0.a"));
	assert_null(json_at(t, "l.a")); /* a name is no index */
	assert_ptr_equal(json_below(t, "a.b"), json_at(t, "a.b"));
	assert_null(json_below(t, ""));
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

/* They are looked at in blocks of some length: a byte that needs an escape is
 * found wherever it is. */
static void a_byte_is_escaped_wherever_it_is(void **state)
{
	struct buf *out = arena_buf(*state, 1000);
	char text[40], expected[sizeof(text) + 8], escape[8];

	for (int c = 0; c < 256; c++) {
		memset(text, c, 1);
		snprintf(escape, sizeof(escape), "%s",
			 written(out, text, 1) + 1);
		*strrchr(escape, '"') = '\0';
		if (c == '"' || c == '\\' || c < ' ')
			assert_int_equal(escape[0], '\\');
		else
			assert_int_equal(escape[0], (char)c);
		for (size_t at = 0; at < sizeof(text); at++) {
			memset(text, 'x', sizeof(text));
			text[at] = (char)c;
			snprintf(expected, sizeof(expected), "\"%.*s%s%.*s\"",
				 (int)at, text, escape,
				 (int)(sizeof(text) - at - 1), text + at + 1);
			assert_string_equal(written(out, text, sizeof(text)),
					    expected);
		}
	}
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
	json_put_int(&w, NULL, INT64_MAX);
	json_put_int(&w, NULL, 0);
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
			    "\"l\":[-9223372036854775808,9223372036854775807,"
			    "0,0.1,null,{},[]],"
			    "\"r\":{\"x\":[]}}");
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

/* A tree that may be changed keeps them, too. */
static void numbers_of_a_tree_stay_as_they_were_written(void **state)
{
	static const char text[] = "[9007199254740993,1.0,1e400,{\"a\":-0.10}]";
	struct error e;
	cJSON *tree = json_read(text, strlen(text), &e);

	assert_string_equal(json_print(*state, tree), text);
	cJSON_Delete(tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(malformed_json_is_refused),
		TEST(white_space_around_is_allowed),
		TEST(what_a_string_cannot_hold_is_replaced),
		TEST(a_raw_nul_in_a_string_is_replaced),
		TEST(a_raw_nul_elsewhere_is_refused),
		TEST(strings_can_stay_where_they_are),
		TEST(numbers_in_place_are_what_cjson_reads),
		TEST(many_values_can_be_refused_before_the_tree),
		TEST(an_error_about_bytes_says_where),
		TEST(what_only_resembles_a_nul_is_accepted),
		TEST(deep_nesting_is_refused),
		TEST(too_many_values_are_refused),
		TEST(brackets_in_strings_do_not_nest),
		TEST(a_path_leads_to_its_value),
		TEST(only_what_must_be_escaped_is),
		TEST(only_whole_names_are_found),
		TEST(a_byte_is_escaped_wherever_it_is),
		TEST(commas_separate_and_never_trail),
		TEST(only_an_object_to_the_letter_is_one),
		TEST(numbers_of_a_tree_stay_as_they_were_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
