/* SPDX-License-Identifier: MIT */
/* Splits a text into pieces and counts the tokens of each. */
#include "tokens/tokenizer.h"

#include <stdlib.h>

#include "tokens/split.h"

struct tokenizer {
	struct vocabulary *vocabulary;
	struct splitter *splitter;
};

struct count {
	const struct vocabulary *vocabulary;
	struct merge *merge;
	int64_t n;
};

bool tokenizer_open(struct tokenizer **out, const char *source,
		    const char *compiled, struct error *e)
{
	struct tokenizer *t = calloc(1, sizeof(*t));

	if (t == NULL)
		abort();
	if (splitter_open(&t->splitter, e) &&
	    vocabulary_open(&t->vocabulary, source, compiled, e)) {
		*out = t;
		return true;
	}
	tokenizer_close(t);
	return false;
}

void tokenizer_close(struct tokenizer *t)
{
	if (t == NULL)
		return;
	splitter_close(t->splitter);
	vocabulary_close(t->vocabulary);
	free(t);
}

static void add_piece(void *ctx, const char *p, size_t n)
{
	struct count *c = ctx;

	c->n += (int64_t)merge_piece(c->merge, c->vocabulary, p, n, NULL);
}

int64_t tokenizer_count(const struct tokenizer *t, struct merge *m,
			const char *p, size_t n)
{
	struct count c = { .vocabulary = t->vocabulary, .merge = m };

	splitter_run(t->splitter, p, n, add_piece, &c);
	return c.n;
}
