/* SPDX-License-Identifier: MIT */
/* Charts on terminals of several kinds and widths. */
#include "tests/unit/support/test.h"

#include <limits.h>
#include <locale.h>
#include <string.h>

#include "cgi/command/chart.h"

static const struct terminal narrow = { .is_one = true,
					.utf8 = true,
					.width = 30 };
static const struct terminal file = { .utf8 = true, .width = INT_MAX };

static const struct chart_bar bars[] = {
	{ "Monday", "800", 0, 800 },
	{ "Tuesday", "0", 0, 0 },
	{ "星期三", "1", 0, 1 },
	{ "Thursday", "350", 0, 350 },
};

static const char *draw(struct arena *a, const struct terminal *t,
			enum output_format format, const struct chart_bar *b,
			size_t n)
{
	struct output o;

	output_init(&o, a, format, t);
	chart_bars(&o, b, n);
	return buf_text(o.printed);
}

static void bars_take_the_width_that_is_left_in_eighths(void **state)
{
	assert_string_equal(draw(*state, &narrow, OUTPUT_FOR_PEOPLE, bars, 4),
			    "Monday    ███████████████  800\n"
			    "Tuesday                    0\n"
			    "星期三    ▏                1\n"
			    "Thursday  ██████▋          350\n");
}

static void where_there_are_no_blocks_bars_are_of_number_signs(void **state)
{
	struct terminal ascii = narrow;
	const char *chart;

	ascii.utf8 = false;
	assert_string_equal(draw(*state, &ascii, OUTPUT_FOR_PEOPLE, bars, 2),
			    "Monday   ################  800\n"
			    "Tuesday                    0\n");
	chart = draw(*state, &file, OUTPUT_FOR_PEOPLE, bars, 1);
	assert_contains(chart, "###");
	assert_int_equal(strlen(chart), 73);
}

static void a_bar_may_begin_later(void **state)
{
	static const struct chart_bar phases[] = {
		{ "connect", "40 ms", 0, 40 },
		{ "wait", "60 ms", 40, 100 },
		{ "end", "0 ms", 100, 100 },
		{ "last", "1 ms", 99.9, 100 },
	};

	assert_string_equal(draw(*state, &narrow, OUTPUT_FOR_PEOPLE, phases, 4),
			    "connect  █████▋          40 ms\n"
			    "wait          █████████  60 ms\n"
			    "end                      0 ms\n"
			    "last                  █  1 ms\n");
}

static void without_room_beside_bars_their_texts_stand_below(void **state)
{
	static const struct chart_bar long_ones[] = {
		{ "kimi-for-coding", "800 tokens, 4 requests, 0.5 USD", 0,
		  800 },
		{ "k3", "", 0, 0 },
	};

	assert_string_equal(draw(*state, &narrow, OUTPUT_FOR_PEOPLE, long_ones,
				 2),
			    "kimi-for-coding  █████████████\n"
			    "  800 tokens, 4 requests, 0.5\n"
			    "  USD\n"
			    "k3                            \n");
}

static void programs_get_no_charts(void **state)
{
	assert_string_equal(draw(*state, &file, OUTPUT_JSON, bars, 4), "");
	assert_string_equal(draw(*state, &file, OUTPUT_CSV, bars, 4), "");
}

static void a_line_shows_the_last_values_that_fit(void **state)
{
	static const double values[] = { 0, 1, 10, 20, 40, 60, 80 };
	struct terminal t = narrow;
	struct output o;

	output_init(&o, *state, OUTPUT_FOR_PEOPLE, &t);
	chart_line(&o, "days", values, COUNT(values));
	assert_string_equal(buf_text(o.printed), "days   ▁▁▂▄▆█\n");
	t.utf8 = false;
	t.width = 10;
	output_init(&o, *state, OUTPUT_FOR_PEOPLE, &t);
	chart_line(&o, "days", values, COUNT(values));
	assert_string_equal(buf_text(o.printed), "days  :=*#\n");
}

static int set_up(void **state)
{
	(void)state;
	return setlocale(LC_CTYPE, "C.UTF-8") == NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bars_take_the_width_that_is_left_in_eighths),
		TEST(where_there_are_no_blocks_bars_are_of_number_signs),
		TEST(a_bar_may_begin_later),
		TEST(without_room_beside_bars_their_texts_stand_below),
		TEST(programs_get_no_charts),
		TEST(a_line_shows_the_last_values_that_fit),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
