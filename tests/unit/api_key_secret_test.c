/* SPDX-License-Identifier: MIT */
/* API keys of our own: their form, and the mistakes that show. */
#include "tests/unit/support/test.h"

#include <ctype.h>
#include <string.h>

#include "base/api_key_secret.h"
#include "base/secret.h"

#define LENGTH 52

static void a_new_one_has_the_form(void **state)
{
	const char *secret = api_key_secret_make(*state);

	assert_int_equal(strlen(secret), LENGTH);
	assert_int_equal(strncmp(secret, "kp-", 3), 0);
	for (const char *p = secret; *p != '\0'; p++)
		assert_true(isalnum((unsigned char)*p) || *p == '-' ||
			    *p == '_');
	assert_true(api_key_secret_check(secret));
}

static void no_two_are_alike(void **state)
{
	assert_string_not_equal(api_key_secret_make(*state),
				api_key_secret_make(*state));
}

/* The check characters are CRC-32 as everybody computes it. */
static void a_known_one_is_right(void **state)
{
	(void)state;
	assert_true(api_key_secret_check(
		"kp-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAADokhHw"));
}

static void every_wrong_character_shows(void **state)
{
	char *secret = api_key_secret_make(*state);

	for (size_t i = 0; i < LENGTH; i++) {
		char right = secret[i];

		secret[i] = right == 'x' ? 'y' : 'x';
		assert_false(api_key_secret_check(secret));
		secret[i] = right;
	}
}

static void two_swapped_characters_show(void **state)
{
	char *secret = api_key_secret_make(*state);

	for (size_t i = 3; i + 1 < LENGTH; i++) {
		char a = secret[i], b = secret[i + 1];

		secret[i] = b;
		secret[i + 1] = a;
		assert_int_equal(api_key_secret_check(secret), a == b);
		secret[i] = a;
		secret[i + 1] = b;
	}
}

static void a_part_of_one_is_none(void **state)
{
	char *secret = api_key_secret_make(*state);

	assert_false(api_key_secret_check(arena_printf(*state, "%sA", secret)));
	for (size_t n = LENGTH; n-- > 0;) {
		secret[n] = '\0';
		assert_false(api_key_secret_check(secret));
		assert_int_equal(api_key_secret_is(secret), n >= 3);
	}
}

static void its_label_shows_the_end_only(void **state)
{
	const char *secret = api_key_secret_make(*state);
	const char *label = secret_label(*state, secret);

	assert_string_equal(label, arena_printf(*state, "kp-…%s",
						secret + LENGTH - 4));
}

static void it_is_redacted_in_texts(void **state)
{
	const char *secret = api_key_secret_make(*state);
	char *text = arena_printf(*state, "the key %s is wrong", secret);

	secret_redact(text);
	assert_string_equal(text,
			    "the key kp-......................................"
			    "........... is wrong");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_one_has_the_form),
		TEST(no_two_are_alike),
		TEST(a_known_one_is_right),
		TEST(every_wrong_character_shows),
		TEST(two_swapped_characters_show),
		TEST(a_part_of_one_is_none),
		TEST(its_label_shows_the_end_only),
		TEST(it_is_redacted_in_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
