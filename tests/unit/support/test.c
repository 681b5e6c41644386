/* SPDX-License-Identifier: MIT */
/* What nearly every test needs. */
#include "tests/unit/support/test.h"

#include <stdlib.h>
#include <string.h>

#include "dialect/dialect.h"

int test_arena_open(void **state)
{
	struct arena *a = malloc(sizeof(*a));

	if (a == NULL)
		abort();
	arena_init(a);
	*state = a;
	return 0;
}

int test_arena_close(void **state)
{
	arena_fini(*state);
	free(*state);
	return 0;
}

void assert_error(const struct error *e, enum error_kind kind,
		  const char *param)
{
	if (e->kind != kind)
		print_error("error: %s\n", e->message);
	assert_string_equal(error_name(e->kind), error_name(kind));
	assert_string_equal(e->param, param);
	assert_true(e->message[0] != '\0');
}

void assert_contains(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("'%s' is not in: %s", part, text);
}

void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part) != NULL)
		fail_msg("'%s' is in: %s", part, text);
}

static void drop_rope(void *rope)
{
	rope_fini(rope);
}

struct rope *rope_new(struct arena *a, size_t limit)
{
	struct rope *r = arena_alloc(a, sizeof(*r));

	rope_init(r, a, limit);
	arena_own(a, r, drop_rope);
	return r;
}

const char *rope_text(struct arena *a, const struct rope *r)
{
	size_t n = (size_t)rope_size(r);
	char *text = arena_alloc(a, n + 1);
	struct error e;

	/* In pieces that fit nothing. */
	for (size_t at = 0; at < n; at += 1000)
		assert_true(rope_read(r, (int64_t)at, text + at,
				      n - at < 1000 ? n - at : 1000, &e));
	return text;
}

const cJSON *parse(struct arena *a, const char *text)
{
	struct error e = { 0 };
	const cJSON *tree = json_parse(a, text, strlen(text), &e);

	if (tree == NULL)
		fail_msg("%s In: %s", e.message, text);
	return tree;
}

struct chat_request decode(struct arena *a, const char *body)
{
	struct chat_request request;
	struct error e = { 0 };

	if (!dialect_openai_chat.decode(a, parse(a, body), &request, &e))
		fail_msg("%s In: %s", e.message, body);
	return request;
}
