/* SPDX-License-Identifier: MIT */
/* Decimal numbers become whole ones without any rounding. */
#include "tests/unit/support/test.h"

#include "base/decimal.h"

static void reads(const char *text, int shift, int64_t v)
{
	int64_t found;

	if (!decimal_read(text, shift, &found))
		fail_msg("%s is refused", text);
	assert_int_equal(found, v);
}

static void refuses(const char *text, int shift)
{
	int64_t found;

	if (decimal_read(text, shift, &found))
		fail_msg("%s is taken", text);
}

static void decimals_are_shifted_exactly(void **state)
{
	(void)state;
	reads("0.19", 6, 190000);
	reads("3", 6, 3000000);
	reads(".5", 1, 5);
	reads("20.", 0, 20);
	reads("0", 6, 0);
	reads("0.000000", 0, 0);
	reads("9.5e-07", 12, 950000);
	reads("1.6E-7", 12, 160000);
	reads("2e-06", 12, 2000000);
	reads("1e+2", 0, 100);
	reads("1.50", 1, 15);
	/* As doubles: 299999.99999999994 and 1.0999999999999999e-6. */
	reads("0.29999999999999999", 17, INT64_C(29999999999999999));
	reads("0.0000011", 12, 1100000);
	reads("9223372036854775807", 0, INT64_MAX);
	reads("0e999", 5, 0);
}

static void what_would_be_rounded_is_refused(void **state)
{
	(void)state;
	refuses("0.0000001", 6);
	refuses("1e-13", 12);
	refuses("9223372036854775808", 0);
	refuses("1e19", 0);
	refuses("1e999999999999", 0);
}

static void what_is_no_number_is_refused(void **state)
{
	static const char *const wrong[] = { "",    ".",     "-1",  "+1",
					     "1,5", "1.2.",  "1e",  "1e-",
					     "e5",  " 1",    "1 ",  "0x1",
					     "nan", "1e2.5", "1e 2" };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		refuses(wrong[i], 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(decimals_are_shifted_exactly),
		TEST(what_would_be_rounded_is_refused),
		TEST(what_is_no_number_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
