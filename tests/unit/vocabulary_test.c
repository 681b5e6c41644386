/* SPDX-License-Identifier: MIT */
/* Vocabularies: which sources are accepted, and that damage does no harm. */
#include "tests/unit/support/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/support/files.h"
#include "tests/unit/support/tokenizer.h"
#include "tokens/merge.h"
#include "tokens/vocabulary.h"
#include "tokens/vocabulary_image.h"

#define SETTING "KIMI_VOCABULARY"

static const char *const words[] = { "ab", "abc", "bc", "\xE4\xBD\xA0", NULL };

struct place {
	const char *folder, *source, *compiled;
};

static struct place place_new(struct arena *a, const char *text)
{
	struct place p = { .folder = files_folder(a) };

	p.source = arena_printf(a, "%s/source", p.folder);
	p.compiled = arena_printf(a, "%s/compiled", p.folder);
	files_write(p.source, text);
	return p;
}

static struct vocabulary *opened(const struct place *p)
{
	struct vocabulary *v = NULL;
	struct error e = { 0 };

	if (!vocabulary_open(&v, p->source, p->compiled, &e))
		fail_msg("%s", e.message);
	return v;
}

static uint32_t find(const struct vocabulary *v, const char *token)
{
	return vocabulary_find(v, token, strlen(token));
}

static void refused(struct arena *a, const char *text)
{
	struct place p = place_new(a, text);
	struct error e = { .kind = ERROR_KINDS };
	struct vocabulary *v;

	if (vocabulary_open(&v, p.source, p.compiled, &e))
		fail_msg("accepted: %.60s", text);
	assert_error(&e, ERROR_SETUP, SETTING);
	assert_int_not_equal(access(p.compiled, F_OK), 0);
}

static void tokens_are_found_by_bytes_and_by_rank(void **state)
{
	struct place p = place_new(*state, tokenizer_small(*state, words));
	struct vocabulary *v = opened(&p);
	size_t n;

	for (uint32_t rank = 0; rank < 256; rank++) {
		char byte = (char)rank;

		assert_int_equal(vocabulary_find(v, &byte, 1), rank);
		assert_memory_equal(vocabulary_token(v, rank, &n), &byte, 1);
		assert_int_equal(n, 1);
	}
	for (uint32_t i = 0; words[i] != NULL; i++) {
		assert_int_equal(find(v, words[i]), 256 + i);
		assert_memory_equal(vocabulary_token(v, 256 + i, &n), words[i],
				    strlen(words[i]));
		assert_int_equal(n, strlen(words[i]));
	}
	assert_int_equal(find(v, ""), VOCABULARY_NONE);
	assert_int_equal(find(v, "ac"), VOCABULARY_NONE);
	assert_int_equal(find(v, "abcd"), VOCABULARY_NONE);
	assert_null(vocabulary_token(v, 260, &n));
	assert_null(vocabulary_token(v, VOCABULARY_NONE, &n));
	vocabulary_close(v);
}

static void lines_may_come_in_any_order(void **state)
{
	char *text = tokenizer_small(*state, words);
	char *last = strstr(text, "5L2g 259\n"); /* you */
	struct vocabulary *v;
	struct place p;

	assert_non_null(last);
	*last = '\0';
	p = place_new(*state, arena_printf(*state, "5L2g 259\n%.*s", /* no \n */
					   (int)(last - text - 1), text));
	v = opened(&p);
	assert_int_equal(find(v, "\xE4\xBD\xA0"), 259);
	assert_int_equal(find(v, "bc"), 258);
	vocabulary_close(v);
}

/* The small vocabulary with `line` instead of the line of "ab". */
static char *with_line(struct arena *a, const char *line)
{
	char *text = tokenizer_small(a, words);
	char *at = strstr(text, "YWI= 256\n");

	assert_non_null(at);
	*at = '\0';
	return arena_printf(a, "%s%s%s", text, line, at + strlen("YWI= 256\n"));
}

static void every_line_must_be_well_formed(void **state)
{
	static const char *const lines[] = {
		"\n",
		"YWI=\n",
		" 256\n",
		"YWI=  256\n",
		"YWI= 256 \n",
		"YWI= 256\r\n",
		"YWI= +256\n",
		"YWI= 0256\n",
		"YWI= 2x6\n",
		"YWI= \n",
		"YWI= 260\n",	      /* beyond the last */
		"YWI= 99999999999\n", /* more than a number holds */
		"YWI= 4294967552\n",  /* 256 where 32 bits wrap */
		"YWI= 255\n",	      /* taken: then 256 is missing */
		"YWI 256\n",	      /* not padded */
		"YWJ= 256\n",	      /* stray bits */
		"YW!= 256\n",
		"==== 256\n",
		"YWJj 256\n", /* "abc", which is there */
		"YQ== 256\n", /* "a", which is there */
	};

	for (size_t i = 0; i < COUNT(lines); i++)
		refused(*state, with_line(*state, lines[i]));
	refused(*state, "");
	refused(*state, "YQ== 0\n");
	refused(*state, "no vocabulary at all\n");
}

static void every_byte_must_be_a_token(void **state)
{
	char *text = tokenizer_small(*state, words);
	char *at = strstr(text, "YQ== 97\n"); /* "a" becomes "aaa" */

	assert_non_null(at);
	*at = '\0';
	text = arena_printf(*state, "%sYWFh 97\n%s", text,
			    at + strlen("YQ== 97\n"));
	refused(*state, text);
}

static void unreadable_and_unwritable_files_are_errors(void **state)
{
	struct place p = place_new(*state, tokenizer_small(*state, words));
	const char *nowhere = arena_printf(*state, "%s/no/file", p.folder);
	const char *rows[][2] = {
		{ nowhere, p.compiled },
		{ p.folder, p.compiled },
		{ "/dev/null", p.compiled },
		{ p.source, nowhere },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error e = { .kind = ERROR_KINDS };
		struct vocabulary *v;

		assert_false(vocabulary_open(&v, rows[i][0], rows[i][1], &e));
		assert_error(&e, ERROR_SETUP, SETTING);
	}
}

static struct stat stat_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st;
}

static void the_compiled_file_is_made_once(void **state)
{
	struct place p = place_new(*state, tokenizer_small(*state, words));
	struct stat before;

	vocabulary_close(opened(&p));
	before = stat_of(p.compiled);
	assert_int_equal(before.st_mode & 0777, 0600);
	for (int i = 0; i < 3; i++)
		vocabulary_close(opened(&p));
	assert_int_equal(stat_of(p.compiled).st_ino, before.st_ino);
}

static void a_changed_source_is_compiled_again(void **state)
{
	static const char *const other[] = { "xy", "xyz", "yz", "\xE4\xBD\xA0",
					     NULL };
	struct place p = place_new(*state, tokenizer_small(*state, words));
	struct vocabulary *old = opened(&p), *v;
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
				     { .tv_sec = 1000000000, .tv_nsec = 7 } };

	files_write(p.source, tokenizer_small(*state, other)); /* same size */
	assert_int_equal(utimensat(AT_FDCWD, p.source, times, 0), 0);
	v = opened(&p);
	assert_int_equal(find(v, "xyz"), 257);
	assert_int_equal(find(v, "abc"), VOCABULARY_NONE);
	assert_int_equal(find(old, "abc"), 257); /* still mapped */
	vocabulary_close(v);
	vocabulary_close(old);
}

static void check_remade(const struct place *p)
{
	struct vocabulary *v = opened(p);

	assert_int_equal(find(v, "abc"), 257);
	assert_int_equal(find(v, "\xE4\xBD\xA0"), 259);
	vocabulary_close(v);
}

static void write_bytes(const char *path, const char *bytes, size_t n)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, n, file), n);
	assert_int_equal(fclose(file), 0);
}

static void a_damaged_file_is_compiled_again(void **state)
{
	struct place p = place_new(*state, tokenizer_small(*state, words));
	size_t n, header = sizeof(struct image_header);
	char *good;

	vocabulary_close(opened(&p));
	good = files_read(*state, p.compiled, &n);
	for (size_t i = 0; i < header; i++) {
		good[i] ^= 0x20;
		write_bytes(p.compiled, good, n);
		good[i] ^= 0x20;
		check_remade(&p);
	}
	for (size_t cut = 0; cut < n; cut += cut < header ? 1 : n / 7) {
		write_bytes(p.compiled, good, cut);
		check_remade(&p);
	}
	write_bytes(p.compiled, good, n - 1);
	check_remade(&p);
	write_bytes(p.compiled, arena_alloc(*state, n), n);
	check_remade(&p);
}

/* With a sound header, nothing after it is checked when the file is opened. */
static void damage_after_the_header_does_no_harm(void **state)
{
	struct place p = place_new(*state, tokenizer_small(*state, words));
	static const unsigned char fillings[] = { 0x00, 0x01, 0x7F, 0xFF };
	size_t n, header = sizeof(struct image_header);
	struct vocabulary *v;
	struct merge m;
	char *good, *bad;

	vocabulary_close(opened(&p));
	good = files_read(*state, p.compiled, &n);
	merge_init(&m);
	for (size_t at = header; at < n; at += 61)
		for (size_t f = 0; f < COUNT(fillings); f++) {
			size_t length = n - at < 1024 ? n - at : 1024;

			bad = arena_copy_n(*state, good, n);
			memset(bad + at, fillings[f], length);
			write_bytes(p.compiled, bad, n);
			v = opened(&p);
			merge_piece(&m, v, "abcabc \xE4\xBD\xA0", 10, NULL);
			for (uint32_t rank = 0; rank < 300; rank++) {
				size_t ignored;

				vocabulary_token(v, rank, &ignored);
			}
			vocabulary_close(v);
		}
	merge_fini(&m);
}

static void wait_for(const pid_t *children, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int status;

		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
}

static bool opens_right(const struct place *p)
{
	struct vocabulary *v;
	struct error e;
	bool right;

	if (!vocabulary_open(&v, p->source, p->compiled, &e))
		return false;
	right = find(v, "abc") == 257 && find(v, "ac") == VOCABULARY_NONE;
	vocabulary_close(v);
	return right;
}

static size_t count_files(const char *folder)
{
	DIR *dir = opendir(folder);
	size_t n = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n - 2;
}

/* Two keep removing the file, and all keep opening it: nobody sees half. */
static void processes_may_compile_concurrently(void **state)
{
	struct place p = place_new(*state, tokenizer_small(*state, words));
	pid_t children[4];

	for (size_t i = 0; i < COUNT(children); i++) {
		children[i] = fork();
		assert_true(children[i] >= 0);
		if (children[i] != 0)
			continue;
		for (int turn = 0; turn < 150; turn++) {
			if (i < 2)
				unlink(p.compiled);
			if (!opens_right(&p))
				_exit(1);
		}
		_exit(0);
	}
	wait_for(children, COUNT(children));
	assert_int_equal(count_files(p.folder), 2); /* nothing is left over */
}

static void kimis_vocabulary_is_accepted(void **state)
{
	struct place p = place_new(*state, "");
	struct vocabulary *v;
	size_t n;

	p.source = tokenizer_kimi_source();
	v = opened(&p);
	assert_int_equal(find(v, "Hello"), 19180);
	assert_int_equal(find(v, "assistant"), 69702);
	assert_non_null(vocabulary_token(v, 163583, &n));
	assert_null(vocabulary_token(v, 163584, &n));
	vocabulary_close(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tokens_are_found_by_bytes_and_by_rank),
		TEST(lines_may_come_in_any_order),
		TEST(every_line_must_be_well_formed),
		TEST(every_byte_must_be_a_token),
		TEST(unreadable_and_unwritable_files_are_errors),
		TEST(the_compiled_file_is_made_once),
		TEST(a_changed_source_is_compiled_again),
		TEST(a_damaged_file_is_compiled_again),
		TEST(damage_after_the_header_does_no_harm),
		TEST(processes_may_compile_concurrently),
		TEST(kimis_vocabulary_is_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
