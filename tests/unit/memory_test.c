/* SPDX-License-Identifier: MIT */
/* Arenas, buffers and UTF-8. */
#include "tests/unit/support/test.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"

static void an_allocation_is_zeroed_and_aligned(void **state)
{
	for (size_t n = 1; n < 70000; n = n * 3 + 1) {
		unsigned char *p = arena_alloc(*state, n);

		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xFF, n);
	}
}

static void reused_memory_is_zeroed(void **state)
{
	memset(arena_alloc(*state, 1000), 0xFF, 1000);
	arena_reset(*state);
	an_allocation_is_zeroed_and_aligned(state);
}

static void allocations_do_not_overlap(void **state)
{
	unsigned char *list[500];

	for (int i = 0; i < 500; i++) {
		list[i] = arena_alloc(*state, (size_t)i + 1);
		memset(list[i], i % 251, (size_t)i + 1);
	}
	for (int i = 0; i < 500; i++)
		for (int j = 0; j <= i; j++)
			assert_int_equal(list[i][j], i % 251);
}

static void copies_end_with_a_nul(void **state)
{
	assert_string_equal(arena_copy(*state, "abc"), "abc");
	assert_string_equal(arena_copy_n(*state, "abc", 2), "ab");
	assert_string_equal(arena_copy_n(*state, "abc", 0), "");
	assert_null(arena_copy(*state, NULL));
	assert_null(arena_copy_n(*state, NULL, 3));
	assert_string_equal(arena_printf(*state, "%d-%s", 7, "x"), "7-x");
	assert_int_equal(strlen(arena_printf(*state, "%9000d", 1)), 9000);
}

static void an_array_grows_and_keeps_its_elements(void **state)
{
	int *list = NULL;
	size_t room = 0;

	for (size_t i = 0; i < 1000; i++) {
		list = arena_grow(*state, list, &room, i + 1, sizeof(*list));
		assert_true(room > i);
		assert_int_equal(list[room - 1], 0);
		list[i] = (int)i + 1;
	}
	for (int i = 0; i < 1000; i++)
		assert_int_equal(list[i], i + 1);
}

static void an_array_with_room_is_not_copied(void **state)
{
	size_t room = 0;
	char *list = arena_grow(*state, NULL, &room, 100, 1);

	assert_int_equal(room, 100);
	assert_ptr_equal(arena_grow(*state, list, &room, 100, 1), list);
	assert_ptr_equal(arena_grow(*state, list, &room, 0, 1), list);
	assert_int_equal(room, 100);
	assert_ptr_not_equal(arena_grow(*state, list, &room, 101, 1), list);
	assert_int_equal(room, 200);
}

static void a_buffer_of_an_arena_is_freed_with_it(void **state)
{
	struct buf *b = arena_buf(*state, 3), inner;

	arena_buf_init(*state, &inner, 3);
	assert_true(buf_puts(b, "abc"));
	assert_false(buf_puts(b, "d"));
	assert_true(buf_puts(&inner, "abc"));
	arena_reset(*state);
	assert_null(inner.p);
}

struct dropped {
	struct buf *order;
	const char *name;
};

static void note_drop(void *ctx)
{
	const struct dropped *d = ctx;

	buf_puts(d->order, d->name);
}

static void owned_objects_are_dropped_latest_first(void **state)
{
	struct buf order;
	struct dropped list[] = { { &order, "a" },
				  { &order, "b" },
				  { &order, "c" } };

	buf_init(&order, 10);
	for (size_t i = 0; i < COUNT(list); i++)
		arena_own(*state, &list[i], note_drop);
	arena_reset(*state);
	assert_string_equal(buf_text(&order), "cba");
	arena_reset(*state);
	assert_string_equal(buf_text(&order), "cba");
	buf_fini(&order);
}

static void an_empty_buffer_is_an_empty_text(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	assert_string_equal(buf_text(&b), "");
	assert_true(buf_append(&b, "", 0));
	assert_string_equal(buf_text(&b), "");
	buf_fini(&b);
}

static void a_buffer_stays_within_its_limit(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	assert_true(buf_puts(&b, "12345"));
	assert_false(buf_puts(&b, "678901"));
	assert_string_equal(buf_text(&b), "12345");
	assert_true(buf_printf(&b, "%s", "67890"));
	assert_false(buf_printf(&b, "%s", "x"));
	assert_false(buf_append(&b, "x", 1));
	assert_true(buf_append(&b, "", 0));
	assert_string_equal(buf_text(&b), "1234567890");
	assert_int_equal(b.len, 10);
	buf_fini(&b);
}

static void a_buffer_holds_any_bytes(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	for (int i = 0; i < 5000; i++) {
		char c = (char)i;

		assert_true(buf_append(&b, &c, 1));
		assert_int_equal(b.p[b.len], '\0');
	}
	for (int i = 0; i < 5000; i++)
		assert_int_equal(b.p[i], (char)i);
	buf_fini(&b);
}

static void bytes_are_consumed_from_the_front(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	buf_puts(&b, "1234567890");
	buf_consume(&b, 7);
	assert_string_equal(buf_text(&b), "890");
	assert_true(buf_puts(&b, "abcdefg"));
	buf_consume(&b, 10);
	assert_string_equal(buf_text(&b), "");
	buf_consume(&b, 0);
	buf_puts(&b, "x");
	buf_clear(&b);
	assert_string_equal(buf_text(&b), "");
	buf_fini(&b);
}

static const char *const whole[] = {
	"",
	"a",
	"\x7F",
	"\xC2\x80",
	"\xDF\xBF",
	"\xE0\xA0\x80",
	"\xED\x9F\xBF",
	"\xEE\x80\x80",
	"\xEF\xBF\xBF",
	"\xF0\x90\x80\x80",
	"\xF4\x8F\xBF\xBF",
};

static void well_formed_texts_are_valid(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(whole); i++)
		assert_true(utf8_valid(whole[i], strlen(whole[i])));
	assert_true(utf8_valid("\0", 1));
}

static void malformed_texts_are_not_valid(void **state)
{
	static const char *const bad[] = {
		"\x80",
		"\xBF",
		"\xC0\x80",
		"\xC1\xBF",
		"\xC2",
		"\xC2\x41",
		"\xE0\x9F\xBF",
		"\xED\xA0\x80",
		"\xED\xBF\xBF",
		"\xE4\xBD",
		"\xE4\xBD\x41",
		"\xF0\x8F\xBF\xBF",
		"\xF4\x90\x80\x80",
		"\xF5\x80\x80\x80",
		"\xFF",
		"\xFE",
		"\xF0\x9F\x91",
		"ok\xE4",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(utf8_valid(bad[i], strlen(bad[i])));
}

/* Every cut of every character. */
static void a_cut_sequence_is_not_whole(void **state)
{
	(void)state;
	for (size_t i = 1; i < COUNT(whole); i++) {
		size_t n = strlen(whole[i]);

		for (size_t cut = 1; cut <= n; cut++) {
			char text[8] = "x";

			memcpy(text + 1, whole[i], cut);
			assert_int_equal(utf8_whole(text, cut + 1),
					 cut == n ? cut + 1 : 1);
			assert_int_equal(utf8_whole(text + 1, cut),
					 cut == n ? cut : 0);
		}
	}
}

/* Bytes that nothing can complete are not held back forever. */
static void stray_bytes_are_whole(void **state)
{
	(void)state;
	assert_int_equal(utf8_whole("a\x80\x80\x80\x80", 5), 5);
	assert_int_equal(utf8_whole("\xFF", 1), 1);
	assert_int_equal(utf8_whole("\x80", 1), 1);
}

static void characters_are_decoded_and_counted(void **state)
{
	static const char text[] = "a\xC3\xA9\xE4\xBD\xA0\xF0\x9F\x91\x8D\xFFz";
	static const uint32_t expected[] = { 'a',     0xE9,   0x4F60,
					     0x1F44D, 0xFFFD, 'z' };
	const char *p = text, *end = text + strlen(text);

	(void)state;
	for (size_t i = 0; i < COUNT(expected); i++)
		assert_int_equal(utf8_next(&p, end), expected[i]);
	assert_ptr_equal(p, end);
	assert_int_equal(
		utf8_count("a\xC3\xA9\xE4\xBD\xA0\xF0\x9F\x91\x8D", 10), 4);
	p = text + 3;
	assert_int_equal(utf8_next(&p, text + 5), 0xFFFD);
	assert_ptr_equal(p, text + 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_allocation_is_zeroed_and_aligned),
		TEST(reused_memory_is_zeroed),
		TEST(allocations_do_not_overlap),
		TEST(copies_end_with_a_nul),
		TEST(an_array_grows_and_keeps_its_elements),
		TEST(an_array_with_room_is_not_copied),
		TEST(a_buffer_of_an_arena_is_freed_with_it),
		TEST(owned_objects_are_dropped_latest_first),
		TEST(an_empty_buffer_is_an_empty_text),
		TEST(a_buffer_stays_within_its_limit),
		TEST(a_buffer_holds_any_bytes),
		TEST(bytes_are_consumed_from_the_front),
		TEST(well_formed_texts_are_valid),
		TEST(malformed_texts_are_not_valid),
		TEST(a_cut_sequence_is_not_whole),
		TEST(stray_bytes_are_whole),
		TEST(characters_are_decoded_and_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
