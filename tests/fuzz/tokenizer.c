/* SPDX-License-Identifier: MIT */
/*
 * Any text, with the vocabulary that TEST_VOCABULARY names or else the small
 * one of the tests: the pieces join to the text, the tokens to the pieces, and
 * short pieces merge as the reference algorithm merges them.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tokens/usage.h"
#include "tokens/merge.h"
#include "tokens/split.h"

#define SMALL "tests/small.tiktoken"
#define SHORT 48

static struct splitter *splitter;
static struct vocabulary *vocabulary;
static struct tokenizer *tokens;

struct run {
	const char *at; /* where the next piece begins */
	struct merge merge;
	int64_t tokens;
};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *root = getenv("TMPDIR");
	const char *source = getenv("TEST_VOCABULARY");
	struct error e;
	char path[4096];
	int fd;

	(void)argc;
	(void)argv;
	if (source == NULL || *source == '\0')
		source = SMALL;
	snprintf(path, sizeof(path), "%s/kimi-fuzz-XXXXXX",
		 root == NULL ? P_tmpdir : root);
	fd = mkstemp(path);
	assert(fd >= 0);
	close(fd);
	if (!splitter_open(&splitter, &e) ||
	    !vocabulary_open(&vocabulary, source, path, &e) ||
	    !tokenizer_open(&tokens, source, path, &e)) {
		fprintf(stderr, "%s (%s)\n", e.message, source);
		unlink(path);
		exit(EXIT_FAILURE);
	}
	unlink(path);
	return 0;
}

/* The leftmost pair of the lowest rank, until there is none. */
static size_t merge_plainly(const char *p, size_t n, uint32_t *ranks)
{
	size_t starts[SHORT + 1], parts = n;

	for (size_t i = 0; i <= n; i++)
		starts[i] = i;
	for (;;) {
		uint32_t min = VOCABULARY_NONE, rank;
		size_t at = 0;

		for (size_t i = 0; i + 2 <= parts; i++) {
			rank = vocabulary_find(vocabulary, p + starts[i],
					       starts[i + 2] - starts[i]);
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
		ranks[i] = vocabulary_find(vocabulary, p + starts[i],
					   starts[i + 1] - starts[i]);
	return parts;
}

static void check_plainly(const char *p, size_t n, const uint32_t *ranks,
			  size_t count)
{
	uint32_t plain[SHORT];

	if (vocabulary_find(vocabulary, p, n) != VOCABULARY_NONE) {
		assert(count == 1);
		return;
	}
	assert(merge_plainly(p, n, plain) == count);
	assert(memcmp(plain, ranks, count * sizeof(*plain)) == 0);
}

static void on_piece(void *ctx, const char *p, size_t n)
{
	struct run *r = ctx;
	uint32_t *ranks = malloc(n * sizeof(*ranks));
	size_t count, length, done = 0;

	assert(p == r->at && n > 0 && ranks != NULL);
	r->at += n;
	count = merge_piece(&r->merge, vocabulary, p, n, ranks);
	for (size_t i = 0; i < count; i++) {
		const char *token =
			vocabulary_token(vocabulary, ranks[i], &length);

		assert(token != NULL && length <= n - done);
		assert(memcmp(token, p + done, length) == 0);
		done += length;
	}
	assert(done == n);
	if (n <= SHORT)
		check_plainly(p, n, ranks, count);
	r->tokens += (int64_t)count;
	free(ranks);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct run r = { .at = text };

	merge_init(&r.merge);
	splitter_run(splitter, text, size, on_piece, &r);
	merge_fini(&r.merge);
	assert(r.at == text + size);
	assert(tokens_count_text(tokens, text, size) == r.tokens);
	return 0;
}
