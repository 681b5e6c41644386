/* SPDX-License-Identifier: MIT */
/* Stop sequences in streamed text. */
#include "emulate/stop_search.h"

#include <assert.h>
#include <string.h>

/* Of a piece together with what is held back before it. */
#define LIMIT (64 * 1024 * 1024)

void stop_search_init(struct stop_search *s, struct arena *a,
		      const char *const *stop, size_t n_stop)
{
	size_t *lengths = arena_array(a, n_stop, sizeof(*lengths));

	*s = (struct stop_search){ .stop = stop,
				   .lengths = lengths,
				   .n_stop = n_stop };
	for (size_t i = 0; i < n_stop; i++) {
		lengths[i] = strlen(stop[i]);
		if (lengths[i] > s->longest)
			s->longest = lengths[i];
	}
	buf_init(&s->held, LIMIT);
}

void stop_search_fini(struct stop_search *s)
{
	buf_fini(&s->held);
}

/* The length of the longest sequence that ends with the first `n` bytes, which
 * becomes the one found. */
static size_t ends_here(struct stop_search *s, size_t n)
{
	size_t longest = 0;
	char last = s->held.p[n - 1];

	for (size_t i = 0; i < s->n_stop; i++) {
		size_t length = s->lengths[i];

		if (length > longest && length <= n &&
		    s->stop[i][length - 1] == last &&
		    memcmp(s->held.p + n - length, s->stop[i], length) == 0) {
			longest = length;
			s->found = s->stop[i];
		}
	}
	return longest;
}

static bool begins_here(const struct stop_search *s, size_t at)
{
	size_t n = s->held.len - at;

	for (size_t i = 0; i < s->n_stop; i++)
		if (strncmp(s->stop[i], s->held.p + at, n) == 0)
			return true;
	return false;
}

/* Where the last bytes begin that may be the beginning of a sequence. */
static size_t open_end(const struct stop_search *s)
{
	size_t at = s->held.len > s->longest ? s->held.len - s->longest : 0;

	while (at < s->held.len && !begins_here(s, at))
		at++;
	return at;
}

static bool pass(struct stop_search *s, size_t n,
		 bool (*on_text)(void *ctx, const char *p, size_t n), void *ctx)
{
	bool go_on = n == 0 || on_text(ctx, s->held.p, n);

	buf_consume(&s->held, n);
	return go_on;
}

bool stop_search_feed(struct stop_search *s, const char *p, size_t n,
		      bool (*on_text)(void *ctx, const char *p, size_t n),
		      void *ctx)
{
	size_t seen = s->held.len;
	bool fits = buf_append(&s->held, p, n);

	assert(fits);
	while (seen < s->held.len) {
		size_t length = ends_here(s, ++seen);

		if (length == 0)
			continue;
		pass(s, seen - length, on_text, ctx);
		buf_clear(&s->held);
		return false;
	}
	return pass(s, open_end(s), on_text, ctx);
}

bool stop_search_flush(struct stop_search *s,
		       bool (*on_text)(void *ctx, const char *p, size_t n),
		       void *ctx)
{
	return pass(s, s->held.len, on_text, ctx);
}
