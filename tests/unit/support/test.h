/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_TEST_H
#define SUPPORT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "base/rope.h"
#include "chat/chat.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* A test whose *state is a struct arena of its own. */
#define TEST(function)                                                         \
	cmocka_unit_test_setup_teardown(function, test_arena_open,             \
					test_arena_close)

int test_arena_open(void **state);
int test_arena_close(void **state);

void assert_error(const struct error *e, enum error_kind kind,
		  const char *param);
void assert_contains(const char *text, const char *part);
void assert_lacks(const char *text, const char *part);

/* A rope that ends with the arena, and all that one holds. */
struct rope *rope_new(struct arena *a, size_t limit);
const char *rope_text(struct arena *a, const struct rope *r);

/* The tree of a text that must be JSON. */
const cJSON *parse(struct arena *a, const char *text);

/* The request of a body that must be accepted. */
struct chat_request decode(struct arena *a, const char *body);

#endif
