/* SPDX-License-Identifier: MIT */
/* Texts that are like the one before are read as if that had not been. */
#include "tests/unit/support/test.h"

#include <stdlib.h>
#include <string.h>

#include "base/json_alike.h"
#include "base/json_foreign.h"
#include "base/text.h"
#include "base/utf8.h"

#define ROOM 512

static const char *const paths[] = { "text", "n", "a.0.delta.content", NULL };

/* Each with what it may be followed by, and what it must not be taken for. */
static const struct row {
	const char *text;
	const char *alike[6], *other[16];
} rows[] = {
	{ "{\"event\":\"cmpl\",\"text\":\"Hel\",\"view\":1}",
	  { "{\"event\":\"cmpl\",\"text\":\"lo\",\"view\":1}",
	    "{\"event\":\"cmpl\",\"text\":\"\",\"view\":1}",
	    "{\"event\":\"cmpl\",\"text\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\",\"view\":1}",
	    "{\"event\":\"cmpl\",\"text\":\"\xE4\xBD\xA0\xF0\x9F\x91\x8D\",\"view\":1}",
	    "{\"event\":\"cmpl\",\"text\":\"\x7F, as long as it takes, and longer "
	    "than the other one\",\"view\":1}" },
	  { "{\"event\":\"cmpl\",\"text\":\"\\u0041\",\"view\":1}",
	    "{\"event\":\"cmpl\",\"text\":\"\\ud83d\",\"view\":1}",
	    "{\"event\":\"cmpl\",\"text\":\"\\x\",\"view\":1}",
	    "{\"event\":\"cmpl\",\"text\":\"\x01\",\"view\":1}",
	    "{\"event\":\"cmpl\",\"text\":\"\xE4\xBD\",\"view\":1}",
	    "{\"event\":\"cmpl\",\"text\":\"\xFF\",\"view\":1}",
	    "{\"event\":\"cmpl\",\"text\":\"a\",\"view\":2}",
	    "{\"event\":\"cmpl\",\"text\":\"a\",\"view\":1}}",
	    "{\"event\":\"cmpl\",\"text\":\"a\",\"view\":1} ",
	    "{\"event\":\"cmpl\",\"text\":\"a\",\"view\":1",
	    "{\"event\":\"cmpl\",\"text\":\"a",
	    "{\"event\":\"cmpl\",\"text\":\"a\\",
	    "{\"event\":\"cmpl\",\"text\":null,\"view\":1}",
	    "{\"event\":\"k1\",\"text\":\"a\",\"view\":1}", "" } },
	{ "{\"n\":12,\"text\":\"a\"}",
	  { "{\"n\":13,\"text\":\"b\"}", "{\"n\":0,\"text\":\"a\"}",
	    "{\"n\":999999999999999,\"text\":\"a\"}",
	    "{\"n\":2147483648,\"text\":\"a\"}" },
	  { "{\"n\":012,\"text\":\"a\"}", "{\"n\":-1,\"text\":\"a\"}",
	    "{\"n\":1.5,\"text\":\"a\"}", "{\"n\":1e3,\"text\":\"a\"}",
	    "{\"n\":1000000000000000,\"text\":\"a\"}",
	    "{\"n\":,\"text\":\"a\"}", "{\"n\":1 ,\"text\":\"a\"}",
	    "{\"n\":\"1\",\"text\":\"a\"}", "{\"n\":1", "{\"n\":" } },
	/* The end of a string is no mark with a backslash before it. */
	{ "{\"n\\\"\":1,\"text\":\"a\\\"b\\\\\"}",
	  { "{\"n\\\"\":1,\"text\":\"c\"}" },
	  { "{\"n\\\"\":1,\"text\":\"c\"b\\\\\"}",
	    "{\"n\\\"\":1,\"text\":\"c\\\"}" } },
	/* In another order; the first of two members counts. */
	{ "{\"a\":[{\"delta\":{\"content\":\"x\"}}],\"text\":\"y\",\"text\":\"z\"}",
	  { "{\"a\":[{\"delta\":{\"content\":\"1\"}}],\"text\":\"2\",\"text\":\"z\"}" },
	  { "{\"a\":[{\"delta\":{\"content\":\"x\"}}],\"text\":\"y\",\"text\":\"3\"}" } },
	/* Numbers that are not natural are not taken for such. */
	{ "{\"n\":1.5,\"text\" : \"a\"}",
	  { "{\"n\":1.5,\"text\" : \"b\"}" },
	  { "{\"n\":15,\"text\" : \"a\"}", "{\"n\":1.5,\"text\":\"a\"}" } },
	{ "{\"n\":-1}", { "{\"n\":-1}" }, { "{\"n\":-2}", "{\"n\":1}" } },
	{ "{\"heartbeat\":{}}", { "{\"heartbeat\":{}}" }, { "{}" } },
	/* What is in an array has no name. */
	{ "[\"a\"]", { "[\"a\"]" }, { "[\"b\"]" } },
	{ "{\"a\":[{\"delta\":[\"x\"]}]}",
	  { "{\"a\":[{\"delta\":[\"x\"]}]}" },
	  { "{\"a\":[{\"delta\":[\"y\"]}]}" } },
	/* Nothing is like a text that had to be mended. */
	{ "{\"text\":\"\xFF\"}", { NULL }, { "{\"text\":\"\xFF\"}" } },
	{ "no JSON", { NULL }, { "no JSON" } },
};

/* The judge is cJSON, if the text is UTF-8; it knows of no other text. */
static cJSON *judge(struct arena *a, const char *p, size_t n)
{
	const cJSON *mended;
	struct error ignored;
	const char *text;

	if (utf8_valid(p, n))
		return json_read(p, n, &ignored);
	mended = json_foreign_parse(a, p, n, &ignored);
	if (mended == NULL)
		return NULL;
	text = json_print(a, mended);
	return json_read(text, strlen(text), &ignored);
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the texts here. */
static bool same(const cJSON *a, const cJSON *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	if ((a->type & 0xFF) != (b->type & 0xFF) ||
	    !text_same(a->string, b->string) ||
	    !text_same(a->valuestring, b->valuestring) ||
	    a->valueint != b->valueint || a->valuedouble != b->valuedouble)
		return false;
	a = a->child;
	for (b = b->child; a != NULL && b != NULL; a = a->next, b = b->next)
		if (!same(a, b))
			return false;
	return a == b;
}

/* Of exactly its bytes, for the sanitizer. Whether it was taken for one that is
 * like the last. */
static bool read_text(struct json_alike *r, const char *p, size_t n,
		      struct arena *a)
{
	struct error ignored;
	char *copy = malloc(n == 0 ? 1 : n);
	const cJSON *tree;
	cJSON *expected = judge(a, p, n);

	assert_non_null(copy);
	memcpy(copy, p, n);
	tree = json_alike_read(r, copy, n, &ignored);
	if (!same(tree, expected))
		fail_msg("%.*s was read as %s", (int)n, p,
			 tree == NULL ? "nothing" : json_print(a, tree));
	cJSON_Delete(expected);
	free(copy);
	return r->again;
}

static void follow(const struct row *row, const char *text, bool alike,
		   struct arena *a)
{
	struct json_alike r;

	json_alike_init(&r, paths);
	read_text(&r, row->text, strlen(row->text), a);
	if (read_text(&r, text, strlen(text), a) != alike)
		fail_msg("%s after %s", text, row->text);
	read_text(&r, row->text, strlen(row->text), a);
	json_alike_fini(&r);
}

static void only_what_is_alike_is_taken_for_it(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];

		for (size_t j = 0; j < COUNT(row->alike); j++)
			if (row->alike[j] != NULL)
				follow(row, row->alike[j], true, *state);
		for (size_t j = 0; j < COUNT(row->other); j++)
			if (row->other[j] != NULL)
				follow(row, row->other[j], false, *state);
	}
}

static void nothing_is_like_a_text_with_a_nul(void **state)
{
	static const char text[] = "{\"text\":\"a\0b\"}";
	struct json_alike r;

	json_alike_init(&r, paths);
	read_text(&r, "{\"text\":\"a\"}", 12, *state);
	assert_false(read_text(&r, text, sizeof(text) - 1, *state));
	assert_false(read_text(&r, text, sizeof(text) - 1, *state));
	json_alike_fini(&r);
}

static unsigned draw(unsigned *random, size_t below)
{
	*random = *random * 1103515245u + 12345u;
	return (*random >> 16) % (unsigned)below;
}

/* Changes some bytes; most of them to what means something in JSON. */
static size_t mutate(char *text, size_t n, unsigned *random)
{
	static const char bytes[] = "\"\\{}[]:,0159-.eEunt/ \n\x01\x7F\x80"
				    "\xBD\xC3\xE4\xED\xF0\xFF";

	for (unsigned times = draw(random, 3); times > 0 && n > 0; times--) {
		size_t at = draw(random, n);
		char byte = bytes[draw(random, sizeof(bytes))]; /* or NUL */

		switch (draw(random, 3)) {
		case 0:
			text[at] = byte;
			break;
		case 1:
			memmove(text + at + 1, text + at, n++ - at);
			text[at] = byte;
			break;
		default:
			memmove(text + at, text + at + 1, --n - at);
		}
	}
	return n;
}

static void mutants_are_read_as_cjson_reads_them(void **state)
{
	unsigned random = 1, again = 0, times = 20000;
	struct json_alike r;
	char text[ROOM];

	json_alike_init(&r, paths);
	for (unsigned i = 0; i < times; i++) {
		const struct row *row = &rows[i % COUNT(rows)];
		const char *base = row->alike[draw(&random, 6)];
		size_t n;

		if (base == NULL)
			base = row->text;
		n = strlen(base);
		memcpy(text, base, n);
		read_text(&r, row->text, strlen(row->text), *state);
		n = mutate(text, n, &random);
		text[n] = '\0';
		again += read_text(&r, text, n, *state);
		if (i % 100 == 0)
			arena_reset(*state);
	}
	json_alike_fini(&r);
	assert_true(again > times / 4 && again < times / 2);
}

static void a_long_text_is_read_anew(void **state)
{
	char *text = arena_alloc(*state, 100000);
	struct json_alike r;

	memset(text, 'x', 99999);
	memcpy(text, "{\"text\":\"", 9);
	memcpy(text + 99997, "\"}", 2);
	json_alike_init(&r, paths);
	read_text(&r, "{\"text\":\"a\"}", 12, *state);
	assert_true(read_text(&r, text, 99999, *state));
	text[1] = '\t';
	read_text(&r, text, 99999, *state);
	assert_false(read_text(&r, text, 99999, *state));
	json_alike_fini(&r);
}

static void nothing_is_like_a_forgotten_text(void **state)
{
	struct json_alike r;

	json_alike_init(&r, paths);
	read_text(&r, "{\"text\":\"a\"}", 12, *state);
	assert_true(read_text(&r, "{\"text\":\"b\"}", 12, *state));
	json_alike_forget(&r);
	assert_false(read_text(&r, "{\"text\":\"b\"}", 12, *state));
	assert_true(read_text(&r, "{\"text\":\"a\"}", 12, *state));
	json_alike_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_what_is_alike_is_taken_for_it),
		TEST(nothing_is_like_a_text_with_a_nul),
		TEST(mutants_are_read_as_cjson_reads_them),
		TEST(a_long_text_is_read_anew),
		TEST(nothing_is_like_a_forgotten_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
