/* SPDX-License-Identifier: MIT */
/* Surrogate pairs whose halves come in two JSON texts. */
#include "base/json_split_pair.h"

#include <string.h>

#include "base/json_shape_internal.h"

#define UNIT_LENGTH 5			/* of "uD83D" */
#define ESCAPE_LENGTH (1 + UNIT_LENGTH) /* with its backslash */

void json_split_pair_init(struct json_split_pair *s,
			  enum flow (*take)(void *ctx, const char *text,
					    size_t n),
			  void *ctx)
{
	s->take = take;
	s->ctx = ctx;
	buf_init(&s->held, SIZE_MAX);
}

void json_split_pair_fini(struct json_split_pair *s)
{
	buf_fini(&s->held);
}

static bool is_first(const char *half)
{
	return strchr("89abAB", half[2]) != NULL;
}

/* Whether its escape follows the quotation mark that begins a string. */
static bool begins_string(const char *text, const char *half)
{
	const char *mark = half - 2, *p = mark;

	if (mark < text || *mark != '"')
		return false;
	while (p > text && p[-1] == '\\')
		p--;
	return (mark - p) % 2 == 0;
}

/* The last first half that ends a string, or the first second half that begins
 * one, from its "u" on; NULL: there is none. */
static const char *find(const char *text, size_t n, bool first)
{
	const char *end = text + n, *found = NULL;
	const char *half = json_shape_half(text, end);

	for (; half != NULL; half = json_shape_half(half, end)) {
		if (is_first(half) != first)
			continue;
		if (!first && begins_string(text, half))
			return half;
		if (first && half[UNIT_LENGTH] == '"')
			found = half;
	}
	return found;
}

/* The text that waits, with `half` where it belongs; all of it counts if it is
 * NULL. */
static enum flow hand_on_held(struct json_split_pair *s, const char *half)
{
	struct buf held = s->held;
	const char *end = held.p + held.len;
	struct buf whole;
	enum flow flow;

	buf_init(&s->held, SIZE_MAX);
	buf_init(&whole, SIZE_MAX);
	if (half != NULL) {
		const char *after = find(held.p, held.len, true) + UNIT_LENGTH;

		buf_append(&whole, held.p, (size_t)(after - held.p));
		buf_append(&whole, half - 1, ESCAPE_LENGTH);
		buf_append(&whole, after, (size_t)(end - after));
	}
	flow = half != NULL && !whole.full ?
		       s->take(s->ctx, buf_text(&whole), whole.len) :
		       s->take(s->ctx, buf_text(&held), held.len);
	buf_fini(&whole);
	buf_fini(&held);
	return flow;
}

static enum flow hold_or_take(struct json_split_pair *s, const char *text,
			      size_t n)
{
	if (find(text, n, true) != NULL && buf_append(&s->held, text, n))
		return FLOW_CONTINUE;
	return s->take(s->ctx, text, n);
}

/* The text follows one that waited: without the half that is not its own. */
static enum flow take_rest(struct json_split_pair *s, const char *text,
			   size_t n, const char *half)
{
	const char *after = half + UNIT_LENGTH;
	struct buf rest;
	enum flow flow;

	buf_init(&rest, SIZE_MAX);
	buf_append(&rest, text, (size_t)(half - 1 - text));
	buf_append(&rest, after, (size_t)(text + n - after));
	flow = rest.full ? s->take(s->ctx, text, n) :
			   hold_or_take(s, rest.p, rest.len);
	buf_fini(&rest);
	return flow;
}

enum flow json_split_pair_feed(struct json_split_pair *s, const char *text,
			       size_t n)
{
	const char *half;
	enum flow flow;

	if (s->held.len == 0)
		return hold_or_take(s, text, n);
	half = find(text, n, false);
	flow = hand_on_held(s, half);
	if (flow != FLOW_CONTINUE)
		return flow;
	return half == NULL ? hold_or_take(s, text, n) :
			      take_rest(s, text, n, half);
}

enum flow json_split_pair_end(struct json_split_pair *s)
{
	return s->held.len == 0 ? FLOW_CONTINUE : hand_on_held(s, NULL);
}
