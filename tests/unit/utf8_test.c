/* SPDX-License-Identifier: MIT */
/* UTF-8: the same wherever in a text a character is. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "base/utf8.h"

#define ROOM 64 /* several blocks of what is looked at together */

static const struct {
	const char *bytes;
	size_t characters;
	size_t valid; /* bytes, if ASCII follows */
} rows[] = {
	{ "x", 1, 1 },
	{ "\x7F", 1, 1 },
	{ "\xC3\xA9", 1, 2 },
	{ "\xE4\xBD\xA0\xE5\xA5\xBD", 2, 6 },
	{ "\xF0\x9F\x91\x8D", 1, 4 },
	{ "\xF4\x8F\xBF\xBF", 1, 4 },
	/* Not UTF-8: alone, too long, half a pair, beyond Unicode, cut. */
	{ "\x80", 0, 0 },
	{ "\xC0\x80", 1, 0 },
	{ "\xE0\x80\x80", 1, 0 },
	{ "\xED\xA0\x80", 1, 0 },
	{ "\xF4\x90\x80\x80", 1, 0 },
	{ "\xE4\xBD", 1, 0 },
	{ "\xF0\x9F\x91", 1, 0 },
	{ "\xFF", 1, 0 },
};

static void a_character_is_the_same_at_every_place(void **state)
{
	char text[ROOM];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t n = strlen(rows[i].bytes);

		for (size_t at = 0; at + n <= ROOM; at++) {
			size_t valid = at + rows[i].valid;

			memset(text, 'x', ROOM);
			memcpy(text + at, rows[i].bytes, n);
			if (rows[i].valid == n)
				valid = ROOM;
			assert_int_equal(utf8_valid_length(text, ROOM), valid);
			assert_int_equal(utf8_count(text, ROOM),
					 ROOM - n + rows[i].characters);
		}
	}
}

static void an_end_within_a_character_is_not_valid(void **state)
{
	static const char text[] = "0123456789abcde\xF0\x9F\x91\x8D";

	(void)state;
	for (size_t n = 0; n < strlen(text); n++) {
		assert_int_equal(utf8_valid_length(text, n), n < 15 ? n : 15);
		assert_int_equal(utf8_whole(text, n), n < 15 ? n : 15);
	}
	assert_true(utf8_valid(text, strlen(text)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_character_is_the_same_at_every_place),
		TEST(an_end_within_a_character_is_not_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
