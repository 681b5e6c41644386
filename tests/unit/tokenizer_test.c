/* SPDX-License-Identifier: MIT */
/* Kimi's tokenizer: vectors of its own vocabulary, splits and merges. */
#include "tests/unit/support/test.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/support/files.h"
#include "tests/unit/support/tokenizer.h"
#include "tokens/merge.h"
#include "tokens/split.h"

#define MIB (1024 * 1024)
#define NI "\xE4\xBD\xA0" /* a Han character */

/* Splitter and vocabulary used directly, to see more than counts. */
struct encoder {
	struct arena *arena;
	struct splitter *splitter;
	struct vocabulary *vocabulary;
	struct merge merge;
	struct buf ids;	    /* "1 2 3" */
	struct buf lengths; /* of the pieces, in bytes: "1 2 3" */
	struct buf joined;
	size_t pieces, tokens;
};

static void close_encoder(void *encoder)
{
	struct encoder *x = encoder;

	splitter_close(x->splitter);
	vocabulary_close(x->vocabulary);
	merge_fini(&x->merge);
}

static struct encoder *encoder_new(struct arena *a, const char *source)
{
	struct encoder *x = arena_alloc(a, sizeof(*x));
	struct error e = { 0 };

	x->arena = a;
	merge_init(&x->merge);
	if (!splitter_open(&x->splitter, &e) ||
	    !vocabulary_open(&x->vocabulary, source,
			     arena_printf(a, "%s/v", files_folder(a)), &e))
		fail_msg("%s", e.message);
	arena_own(a, x, close_encoder);
	struct buf *all[] = { &x->ids, &x->lengths, &x->joined };

	for (size_t i = 0; i < COUNT(all); i++)
		arena_buf_init(a, all[i], 64 * MIB);
	return x;
}

/* With Kimi's vocabulary, or one that any machine has. */
static struct encoder *common(struct arena *a)
{
	return encoder_new(a, tokenizer_source());
}

static void append_number(struct buf *b, size_t n)
{
	buf_printf(b, "%s%zu", b->len == 0 ? "" : " ", n);
}

static void on_piece(void *ctx, const char *p, size_t n)
{
	struct encoder *x = ctx;
	uint32_t *ranks = malloc(n * sizeof(*ranks));
	size_t count;

	assert_true(n > 0);
	assert_non_null(ranks);
	count = merge_piece(&x->merge, x->vocabulary, p, n, ranks);
	append_number(&x->lengths, n);
	for (size_t i = 0; i < count; i++) {
		size_t length = 0;
		const char *token =
			vocabulary_token(x->vocabulary, ranks[i], &length);

		append_number(&x->ids, ranks[i]);
		buf_append(&x->joined, token, length);
	}
	x->pieces++;
	x->tokens += count;
	free(ranks);
}

/* The tokens of any text join to that text again. */
static void encode(struct encoder *x, const char *text, size_t n)
{
	buf_clear(&x->ids);
	buf_clear(&x->lengths);
	buf_clear(&x->joined);
	x->pieces = x->tokens = 0;
	splitter_run(x->splitter, text, n, on_piece, x);
	assert_int_equal(x->joined.len, n);
	if (n > 0)
		assert_memory_equal(x->joined.p, text, n);
}

static void assert_ids(struct encoder *x, const char *text, const char *ids)
{
	encode(x, text, strlen(text));
	if (strcmp(buf_text(&x->ids), ids) != 0)
		fail_msg("%s: %s, not %s", text, buf_text(&x->ids), ids);
}

static void assert_lengths(struct encoder *x, const char *text, size_t n,
			   const char *lengths)
{
	encode(x, text, n);
	assert_string_equal(buf_text(&x->lengths), lengths);
}

/* Computed by the reference encoder. */
static void known_texts_have_their_ids(void **state)
{
	static const char *const rows[][2] = {
		{ "Hello, world!", "19180 11 2695 0" },
		{ "hello world", "22931 2695" },
		{ "你好，世界！", "33845 378 2243 856" },
		{ "I'm sure it's 12345678.",
		  "17172 3287 4643 220 6694 12972 4447 13" },
		{ "The quick brown fox\njumps over\n\n  the lazy dog.",
		  "1008 5072 16331 69275 198 73 15577 1312 382 220 276 29292 "
		  "7751 13" },
		{ "  leading and trailing  ", "220 8134 316 42711 256" },
		{ "naïve café", "4768 44187 367 70591" },
		{ "print(\"hi\")\n\treturn x_1",
		  "2676 758 9663 2690 1616 1288 62 16" },
		{ "日本語のテキスト", "4546 63011 4663 25875 32045 33360" },
		{ "안녕하세요", "109004 34910 243 13181 102898" },
		{ "👍🏽", "64390 235 92949 121" },
		{ "Kimi是月之暗面的AI助手2025",
		  "42 30223 330 892 685 5519 4792 12910 42544 2975 20" },
		{ "getUserName", "618 3479 1263" },
		{ "HTTPServer", "88148 4022" },
		{ "don't DON'T", "88709 92629 64833" },
		{ "汉字abc12345DEF", "38325 8497 6694 2899 23583" },
		{ "〇々", "91894 106101" },
		{ "你好。世界", "33845 292 2243" },
		{ "中、英「文」", "435 343 2433 6139 908 6153" },
		{ "a\xCC\x81"
		  "b",
		  "64 37484 65" },
		{ "x = 10_000;\r\n\r\n", "87 327 220 795 62 1476 5277" },
		{ "the　全角空格", "2108 14224 775 2539 103839" },
		{ "https://www.kimi.com/a?b=c",
		  "1927 1316 3930 6900 30223 1304 18825 30 65 23789" },
		{ "Привет, мир", "159025 63694 11 5993 17898" },
		{ "नमस्ते", "11334 14915 72819 7614" },
		{ "system", "14062" },
		{ "user", "2482" },
		{ "assistant", "69702" },
		{ "tool", "20960" },
		{ "tool_declare", "20960 35556 677" },
		{ "", "" },
	};
	struct encoder *x = encoder_new(*state, tokenizer_kimi_source());

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_ids(x, rows[i][0], rows[i][1]);
}

/* Where PCRE2's own classes differ from the pattern. */
static void pieces_end_where_kimis_pattern_says(void **state)
{
	static const char *const small[] = { NULL };
	static const char *const rows[][2] = {
		{ "we'LL'S it\xE2\x80\x99s", "5 2 3 4" },
		{ "x'\xC5\xBF", "4" }, /* a long s is an s */
		{ "\xE4\xB8\xAD\xE3\x80\x82\xE4\xB8\xAD", "3 3 3" },
		{ "\xE1\xA0\x8E\xE1\xA0\x8E", "6" }, /* no space: one piece */
		{ "a\xE1\xA0\x8E", "1 3" },
		{ "a \xC2\x85\n b", "1 4 2" },
		{ "12345", "3 2" },
		{ "a\xD9\xA3\xD9\xA4", "1 4" },
		{ "  \t x", "3 2" },
		{ " .\r\n\r\n.", "6 1" },
	};
	struct arena *a = *state;
	const char *source = arena_printf(a, "%s/s", files_folder(a));
	struct encoder *x;

	files_write(source, tokenizer_small(a, small));
	x = encoder_new(a, source);
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_lengths(x, rows[i][0], strlen(rows[i][0]), rows[i][1]);
}

/* `n` times the text, then a tail. */
static const char *repeated(struct arena *a, const char *text, size_t n,
			    const char *tail, size_t *length)
{
	size_t one = strlen(text), rest = strlen(tail);
	char *all = arena_alloc(a, n * one + rest + 1);

	for (size_t i = 0; i < n; i++)
		memcpy(all + i * one, text, one);
	memcpy(all + n * one, tail, rest);
	*length = n * one + rest;
	return all;
}

/* The reference encoder cuts long runs before it splits. */
static void long_runs_are_cut(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		const char *tail, *lengths;
	} rows[] = {
		{ "a", 25000, "", "25000" },
		{ "a", 25001, "", "25000 1" },
		{ "a", 60000, "b", "25000 25000 10001" },
		{ " ", 25001, "x", "25000 2" },
		{ "\n", 25001, "", "25000 1" },
		{ NI, 25001, "", "75000 3" }, /* characters, not bytes */
		{ "a", 25000, " b", "25000 2" },
		{ ".", 24999, "\n\n", "25001" },  /* two runs, one piece */
		{ "\x1C", 25001, "", "25000 1" }, /* space to Python */
		{ "\xFF", 3, "a", "1 1 1 1" },
	};
	static const char *const small[] = { NULL };
	struct arena *a = *state;
	const char *source = arena_printf(a, "%s/s", files_folder(a));
	struct encoder *x;
	size_t n;

	files_write(source, tokenizer_small(a, small));
	x = encoder_new(a, source);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *text =
			repeated(a, rows[i].text, rows[i].n, rows[i].tail, &n);

		assert_lengths(x, text, n, rows[i].lengths);
	}
}

/* " b" is one piece unless the cut at 400,000 characters divides it. */
static void texts_are_cut_after_400000_characters(void **state)
{
	struct encoder *x = common(*state);
	size_t n;
	const char *text = repeated(*state, "a ", 200000, "b", &n);

	encode(x, text, n);
	assert_int_equal(x->pieces, 200002); /* a, 199,999 " a", " ", b */
	text = repeated(*state, "a ", 199999, "b", &n);
	encode(x, text, n);
	assert_int_equal(x->pieces, 200000);
}

static void malformed_utf8_is_counted_by_bytes(void **state)
{
	static const char *const rows[][2] = {
		{ "\xFF", "1" },
		{ "ab\xFFlike", "2 1 4" },
		{ "\xE4\xBD", "1 1" },
		{ "\xC0\xAF", "1 1" },
		{ "\xED\xA0\x80", "1 1 1" },
		{ "\xF4\x90\x80\x80", "1 1 1 1" },
		{ "\x80" NI "\x80", "1 3 1" },
	};
	struct encoder *x = common(*state);
	char all[256];

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_lengths(x, rows[i][0], strlen(rows[i][0]), rows[i][1]);
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (char)i;
	encode(x, all, sizeof(all));
}

static void names_of_special_tokens_are_plain_text(void **state)
{
	static const char *const names[] = {
		"[BOS]",	 "[EOS]",
		"<|im_end|>",	 "<|im_user|>",
		"<|im_middle|>", "<|tool_calls_section_begin|>",
		"<think>",	 "</think>",
		"[PAD]",	 "<|reserved_token_163600|>",
	};
	struct encoder *x = encoder_new(*state, tokenizer_kimi_source());

	for (size_t i = 0; i < COUNT(names); i++) {
		encode(x, names[i], strlen(names[i]));
		if (x->tokens < 2)
			fail_msg("%s is one token", names[i]);
	}
}

/* The reference algorithm: looks at all pairs before each join. */
static size_t merge_slowly(const struct vocabulary *v, const char *p, size_t n,
			   uint32_t *ranks)
{
	size_t starts[64], parts = n;

	assert_true(n < COUNT(starts));
	for (size_t i = 0; i <= n; i++)
		starts[i] = i;
	for (;;) {
		uint32_t min = VOCABULARY_NONE;
		size_t at = 0;

		for (size_t i = 0; i + 2 <= parts; i++) {
			uint32_t rank = vocabulary_find(
				v, p + starts[i], starts[i + 2] - starts[i]);

			if (rank < min) {
				min = rank;
				at = i;
			}
		}
		if (min == VOCABULARY_NONE)
			break;
		parts--;
		memmove(starts + at + 1, starts + at + 2,
			(parts - at) * sizeof(*starts));
	}
	for (size_t i = 0; i < parts; i++)
		ranks[i] = vocabulary_find(v, p + starts[i],
					   starts[i + 1] - starts[i]);
	return parts;
}

static void compare_merges(struct encoder *x, const char *p, size_t n)
{
	uint32_t quick[64], slow[64];
	size_t count = merge_piece(&x->merge, x->vocabulary, p, n, quick);
	uint32_t whole = vocabulary_find(x->vocabulary, p, n);

	if (whole != VOCABULARY_NONE) {
		assert_int_equal(count, 1);
		assert_int_equal(quick[0], whole);
		return;
	}
	assert_int_equal(count, merge_slowly(x->vocabulary, p, n, slow));
	assert_memory_equal(quick, slow, count * sizeof(*quick));
	assert_int_equal(merge_piece(&x->merge, x->vocabulary, p, n, NULL),
			 count);
}

static void merges_match_the_reference_algorithm(void **state)
{
	static const char *const alphabets[] = { "a", "ab", "the ", "aeinorst",
						 "\xE4\xBD\xA0\xE5\xA5\xBD" };
	struct encoder *x = common(*state);
	uint32_t random = 1;
	char text[63];

	for (size_t turn = 0; turn < 5000; turn++) {
		const char *letters = alphabets[turn % COUNT(alphabets)];
		size_t n = 1 + turn % sizeof(text);

		for (size_t i = 0; i < n; i++) {
			random = random * 1664525 + 1013904223;
			text[i] = letters[(random >> 16) % strlen(letters)];
		}
		compare_merges(x, text, n);
	}
}

/* Of pairs with the same rank the left one is joined, and a piece that is a
 * token is that token, however its parts would merge. */
static void ties_go_left_and_whole_pieces_first(void **state)
{
	static const char *const words[] = { "aa", "bcd", "cd", NULL };
	struct arena *a = *state;
	const char *source = arena_printf(a, "%s/s", files_folder(a));
	struct encoder *x;

	files_write(source, tokenizer_small(a, words));
	x = encoder_new(a, source);
	assert_ids(x, "aaa", "256 97");
	assert_ids(x, "bcd", "257");
	assert_ids(x, "bcda", "257 97");
	assert_ids(x, "abbcd", "97 98 257");
}

/* One piece of 2^20 bytes: looking at all pairs before each join would take
 * hours. */
static void a_mebibyte_of_one_letter_is_merged(void **state)
{
	struct encoder *x = common(*state);
	size_t n;
	const char *text = repeated(*state, "a", MIB, "", &n);

	assert_int_equal(merge_piece(&x->merge, x->vocabulary, text, n, NULL),
			 MIB / 8);
	encode(x, text, n);
	assert_int_equal(x->pieces, 42);
	assert_int_equal(x->tokens, MIB / 8);
}

#define THREADS 4

static void *count_often(void *tokens)
{
	static const char text[] = "Hello, world! 你好，世界！ aaaaaaaaaaaaaab";
	int64_t sum = 0;

	for (int i = 0; i < 200; i++)
		sum += tokens_count_text(tokens, text, strlen(text));
	return (void *)(intptr_t)sum;
}

static void threads_count_concurrently(void **state)
{
	struct tokenizer *t = tokenizer_new(*state);
	intptr_t alone = (intptr_t)count_often(t);
	pthread_t threads[THREADS];

	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, count_often, t), 0);
	for (size_t i = 0; i < THREADS; i++) {
		void *sum;

		assert_int_equal(pthread_join(threads[i], &sum), 0);
		assert_int_equal((intptr_t)sum, alone);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(known_texts_have_their_ids),
		TEST(pieces_end_where_kimis_pattern_says),
		TEST(long_runs_are_cut),
		TEST(texts_are_cut_after_400000_characters),
		TEST(malformed_utf8_is_counted_by_bytes),
		TEST(names_of_special_tokens_are_plain_text),
		TEST(merges_match_the_reference_algorithm),
		TEST(ties_go_left_and_whole_pieces_first),
		TEST(a_mebibyte_of_one_letter_is_merged),
		TEST(threads_count_concurrently),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
