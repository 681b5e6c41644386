/* SPDX-License-Identifier: MIT */
/* max_tokens where the service has no such limit. */
#include "emulate/token_limit.h"

#include <assert.h>

#include "base/utf8.h"

/* A text is counted for good at this length instead of over and over again;
 * each time that may be one token too many. */
#define LONGEST_OPEN (16 * 1024)
#define LIMIT (64 * 1024 * 1024)

void token_limit_init(struct token_limit *l, int64_t max,
		      int64_t (*count)(const void *ctx, const char *p,
				       size_t n),
		      const void *ctx)
{
	*l = (struct token_limit){
		.count = count, .ctx = ctx, .left = max, .margin = max
	};
	buf_init(&l->open, LIMIT);
}

void token_limit_fini(struct token_limit *l)
{
	buf_fini(&l->open);
}

static int64_t count(const struct token_limit *l, size_t n)
{
	return n == 0 ? 0 : l->count(l->ctx, l->open.p, n);
}

static void close_text(struct token_limit *l)
{
	int64_t n = count(l, l->open.len);

	l->left -= n;
	l->margin = l->left;
	if (!l->reasoning)
		l->text += n;
	buf_clear(&l->open);
}

void token_limit_uncount_text(struct token_limit *l)
{
	close_text(l);
	l->left += l->text;
	l->margin = l->left;
	l->text = 0;
}

/* The longest beginning, of at least `from` bytes, within the limit. */
static size_t fitting(const struct token_limit *l, size_t from)
{
	size_t low = from, high = l->open.len;

	while (low < high) {
		size_t middle = low + (high - low + 1) / 2;

		if (count(l, middle) <= l->left)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

size_t token_limit_take(struct token_limit *l, bool reasoning, const char *p,
			size_t n)
{
	size_t before;
	bool room;

	if (l->reasoning != reasoning || l->open.len > LONGEST_OPEN)
		close_text(l);
	l->reasoning = reasoning;
	before = l->open.len;
	room = buf_append(&l->open, p, n);
	assert(room);
	if (l->margin >= (int64_t)n) {
		l->margin -= (int64_t)n;
		return n;
	}
	l->margin = l->left - count(l, l->open.len);
	if (l->margin >= 0)
		return n;
	l->margin = 0;
	return utf8_whole(p, fitting(l, before) - before);
}
