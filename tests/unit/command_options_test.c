/* SPDX-License-Identifier: MIT */
/* The words of a command line, by the row that they are for. */
#include "tests/unit/support/test.h"

#include "cgi/command/option_value.h"

static const struct command_option own[] = {
	{ "model", "MODEL...", "only these" },
	{ "by", "day|hour", "what is summed up" },
	{ "limit", "NUMBER", "how many" },
	{ "since", "TIME", "from when" },
	{ "failed", NULL, "only these" },
	{ NULL, NULL, NULL },
};

static const struct command_row row = {
	.noun = "thing",
	.verb = "list",
	.arguments = "NAME [OTHER]",
	.options = own,
	.has = HAS_JSON,
};

#define PARSE(o, a, e, ...)                                                    \
	options_parse(o, a, &row, (const char *const[]){ __VA_ARGS__, NULL }, e)

static void options_stand_anywhere_and_in_two_forms(void **state)
{
	struct options o;
	struct error e;

	assert_true(PARSE(&o, *state, &e, "--by", "day", "one", "--limit=7",
			  "--failed", "two", "--json"));
	assert_int_equal(o.n_arguments, 2);
	assert_string_equal(argument(&o, 0), "one");
	assert_string_equal(argument(&o, 1), "two");
	assert_null(argument(&o, 2));
	assert_string_equal(option_text(&o, "by"), "day");
	assert_string_equal(option_text(&o, "limit"), "7");
	assert_true(option_given(&o, "failed"));
	assert_true(option_given(&o, "json"));
	assert_false(option_given(&o, "since"));
	assert_null(option_text(&o, "since"));
}

static void behind_two_dashes_are_only_arguments(void **state)
{
	struct options o;
	struct error e;

	assert_true(PARSE(&o, *state, &e, "-", "--", "--failed"));
	assert_string_equal(argument(&o, 0), "-");
	assert_string_equal(argument(&o, 1), "--failed");
	assert_false(option_given(&o, "failed"));
}

static void only_an_option_with_dots_may_come_again(void **state)
{
	struct config_list models;
	struct options o;
	struct error e;

	assert_true(PARSE(&o, *state, &e, "x", "--model", "a", "--model=b"));
	models = option_list(&o, "model");
	assert_int_equal(models.n, 2);
	assert_string_equal(models.items[0], "a");
	assert_string_equal(models.items[1], "b");
	assert_null(option_list(&o, "by").items);
	assert_false(PARSE(&o, *state, &e, "x", "--failed", "--failed"));
	assert_string_equal(e.message, "--failed is given twice.");
}

static void what_does_not_fit_is_refused_with_what_would(void **state)
{
	static const struct {
		const char *words[4], *message;
	} rows[] = {
		{ { "x", "--faild" },
		  "There is no option --faild; did you mean --failed?" },
		{ { "x", "--zzzzzzzz" }, "There is no option --zzzzzzzz." },
		{ { "x", "-f" }, "There is no option -f." },
		{ { "x", "--csv" }, "There is no option --csv." },
		{ { "x", "--by", "week" },
		  "--by takes one of day|hour, but not \"week\"." },
		{ { "x", "--by=da" },
		  "--by takes one of day|hour, but not \"da\"." },
		{ { "x", "--limit" }, "--limit needs a value: NUMBER." },
		{ { "x", "--failed=1" }, "--failed takes no value." },
		{ { "x", "y", "z" }, "\"z\" is one word too many." },
		{ { "x", "y", "sk-secret" },
		  "\"sk-......\" is one word too many." },
		{ { NULL }, "Missing: NAME [OTHER]." },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct options o;
		struct error e;

		assert_false(
			options_parse(&o, *state, &row, rows[i].words, &e));
		assert_string_equal(e.message, rows[i].message);
	}
}

static void output_is_json_or_csv_but_not_both(void **state)
{
	static const struct command_row both = { .noun = "usage",
						 .has = HAS_JSON | HAS_CSV };
	static const char *const words[] = { "--json", "--csv", NULL };
	struct options o;
	struct error e;

	assert_true(options_parse(&o, *state, &both, words + 1, &e));
	assert_false(options_parse(&o, *state, &both, words, &e));
	assert_int_equal(e.kind, ERROR_VALUE);
	assert_contains(e.message, "--json or --csv");
}

static void help_needs_no_arguments(void **state)
{
	struct options o;
	struct error e;

	assert_true(PARSE(&o, *state, &e, "--help"));
	assert_true(PARSE(&o, *state, &e, "-h"));
	assert_true(option_given(&o, "help"));
}

static void numbers_are_whole_and_in_their_bounds(void **state)
{
	static const char *const bad[] = {
		"0", "101", "7x", "", "99999999999999999999", "1.5"
	};
	struct options o;
	int64_t v = 50;
	struct error e;

	assert_true(PARSE(&o, *state, &e, "x"));
	assert_true(option_number(&o, "limit", 1, 100, &v, &e));
	assert_int_equal(v, 50);
	assert_true(PARSE(&o, *state, &e, "x", "--limit", "100"));
	assert_true(option_number(&o, "limit", 1, 100, &v, &e));
	assert_int_equal(v, 100);
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_true(PARSE(&o, *state, &e, "x", "--limit", bad[i]));
		assert_false(option_number(&o, "limit", 1, 100, &v, &e));
		assert_contains(e.message, "from 1 to 100");
	}
}

#define DAY (24 * 60 * 60 * 1000LL)
#define NOW 1796040000000 /* 2026-11-30 12:00 UTC */

static void times_are_dates_or_so_long_ago(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} rows[] = {
		{ "2026-11-30T12:00:00Z", NOW },  { "2026-11-30 12:00Z", NOW },
		{ "2026-11-30Z", NOW - DAY / 2 }, { "30s", NOW - 30000 },
		{ "15m", NOW - 900000 },	  { "48h", NOW - 2 * DAY },
		{ "7d", NOW - 7 * DAY },	  { "2w", NOW - 14 * DAY },
	};
	static const char *const bad[] = { "yesterday",	 "7",
					   "7x",	 "-1d",
					   "2026-13-01", "2026-11-30Zx",
					   "2026-02-31", "2026-11-31 12:00Z",
					   "100001w" };
	struct options o;
	int64_t ms;
	struct error e;

	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_true(
			PARSE(&o, *state, &e, "x", "--since", rows[i].text));
		assert_true(option_time(&o, "since", NOW, &ms, &e));
		assert_int_equal(ms, rows[i].ms);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_true(PARSE(&o, *state, &e, "x", "--since", bad[i]));
		assert_false(option_time(&o, "since", NOW, &ms, &e));
		assert_contains(e.message, bad[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(options_stand_anywhere_and_in_two_forms),
		TEST(behind_two_dashes_are_only_arguments),
		TEST(only_an_option_with_dots_may_come_again),
		TEST(what_does_not_fit_is_refused_with_what_would),
		TEST(output_is_json_or_csv_but_not_both),
		TEST(help_needs_no_arguments),
		TEST(numbers_are_whole_and_in_their_bounds),
		TEST(times_are_dates_or_so_long_ago),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
