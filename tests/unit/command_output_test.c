/* SPDX-License-Identifier: MIT */
/* Tables and records for people, as JSON and as CSV. */
#include "tests/unit/support/test.h"

#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cgi/command/output.h"

#define ALL_TYPES 8

static const struct output_column all[ALL_TYPES] = {
	{ "name", OUTPUT_TEXT, OUTPUT_ALWAYS },
	{ "requests", OUTPUT_INTEGER, OUTPUT_ALWAYS },
	{ "admin", OUTPUT_BOOLEAN, OUTPUT_ALWAYS },
	{ "last_used_at", OUTPUT_TIME, OUTPUT_ALWAYS },
	{ "duration_ms", OUTPUT_DURATION, OUTPUT_ALWAYS },
	{ "space", OUTPUT_BYTES, OUTPUT_ALWAYS },
	{ "share", OUTPUT_RATIO, OUTPUT_ALWAYS },
	{ "list_cost", OUTPUT_MONEY, OUTPUT_ALWAYS },
};

static const struct terminal file = { .utf8 = true, .width = INT_MAX };

static struct terminal screen(int width)
{
	return (struct terminal){ .is_one = true,
				  .utf8 = true,
				  .width = width };
}

static void put_all(struct output *o)
{
	output_text(o, "alice");
	output_number(o, 12345);
	output_number(o, 1);
	output_number(o, 1796040000123);
	output_number(o, 1500);
	output_number(o, 3 * 1024 * 1024 / 2);
	output_number(o, 250000);
	output_money(o, 1200000, "USD");
}

static void put_absent(struct output *o)
{
	output_text(o, NULL);
	for (int i = 0; i < 6; i++)
		output_number(o, OUTPUT_ABSENT);
	output_money(o, OUTPUT_ABSENT, "USD");
}

static struct output open_as(struct arena *a, enum output_format format,
			     const struct terminal *terminal)
{
	struct output o;

	output_init(&o, a, format, terminal);
	return o;
}

static const char *text_of(const struct output *o)
{
	return buf_text(o->printed);
}

#define AS_JSON                                                                \
	"\"name\":\"alice\",\"requests\":12345,\"admin\":true,"                \
	"\"last_used_at\":\"2026-11-30T12:00:00.123Z\",\"duration_ms\":1500,"  \
	"\"space\":1572864,\"share\":0.25,\"list_cost\":0.0012,"               \
	"\"list_currency\":\"USD\""

static void json_has_numbers_as_numbers_and_utc(void **state)
{
	struct output o = open_as(*state, OUTPUT_JSON, &file);

	output_table(&o, NULL, all, ALL_TYPES);
	put_all(&o);
	put_absent(&o);
	output_end(&o);
	assert_string_equal(
		text_of(&o),
		"[{" AS_JSON "},"
		"{\"name\":null,\"requests\":null,\"admin\":null,"
		"\"last_used_at\":null,\"duration_ms\":null,\"space\":null,"
		"\"share\":null,\"list_cost\":null,\"list_currency\":null}]\n");
}

static void a_record_is_an_object_and_an_empty_table_an_array(void **state)
{
	struct output o = open_as(*state, OUTPUT_JSON, &file);

	output_record(&o, NULL, all, ALL_TYPES);
	put_all(&o);
	output_end(&o);
	output_table(&o, NULL, all, ALL_TYPES);
	output_end(&o);
	assert_string_equal(text_of(&o), "{" AS_JSON "}\n[]\n");
}

static const struct output_column id[] = { { "id", OUTPUT_TEXT,
					     OUTPUT_ALWAYS } };

static void put_group(struct output *o)
{
	output_group(o, NULL);
	output_record(o, NULL, id, 1);
	output_text(o, "r");
	output_end(o);
	output_table(o, "api_keys", id, 1);
	output_text(o, "one");
	output_text(o, "two");
	output_end(o);
	output_record(o, "last", id, 1);
	output_text(o, "l");
	output_end(o);
	output_end_group(o);
}

static void a_group_is_one_document(void **state)
{
	struct output o = open_as(*state, OUTPUT_JSON, &file);

	put_group(&o);
	assert_string_equal(text_of(&o),
			    "{\"id\":\"r\","
			    "\"api_keys\":[{\"id\":\"one\"},{\"id\":\"two\"}],"
			    "\"last\":{\"id\":\"l\"}}\n");
	o = open_as(*state, OUTPUT_FOR_PEOPLE, &file);
	put_group(&o);
	assert_string_equal(text_of(&o), "ID:  r\n\n"
					 "Api keys\nID\none\ntwo\n\n"
					 "Last\nID:  l\n");
}

static void csv_is_quoted_where_it_must_be(void **state)
{
	struct output o = open_as(*state, OUTPUT_CSV, &file);
	static const struct output_column columns[] = {
		{ "name", OUTPUT_TEXT, OUTPUT_ALWAYS },
		{ "cost", OUTPUT_MONEY, OUTPUT_ALWAYS },
	};

	output_table(&o, NULL, columns, 2);
	output_text(&o, "say \"hi\", then\r\nleave");
	output_money(&o, -1, "CNY");
	output_text(&o, "");
	output_money(&o, OUTPUT_ABSENT, NULL);
	output_text(&o, NULL);
	output_money(&o, 0, "USD");
	output_end(&o);
	assert_string_equal(text_of(&o),
			    "name,cost,currency\r\n"
			    "\"say \"\"hi\"\", then\r\nleave\",-0.000000001,"
			    "CNY\r\n"
			    "\"\",,\r\n"
			    ",0,USD\r\n");
	o = open_as(*state, OUTPUT_CSV, &file);
	o.headers = false;
	output_table(&o, NULL, id, 1);
	output_text(&o, "x");
	output_end(&o);
	assert_string_equal(text_of(&o), "x\r\n");
}

static void people_see_aligned_columns_and_local_times(void **state)
{
	struct output o = open_as(*state, OUTPUT_FOR_PEOPLE, &file);

	output_table(&o, NULL, all, ALL_TYPES);
	put_all(&o);
	put_absent(&o);
	output_end(&o);
	assert_string_equal(
		text_of(&o),
		"NAME   REQUESTS  ADMIN  LAST USED AT         DURATION    SPACE"
		"  SHARE     LIST COST\n"
		"alice     12345  yes    2026-11-30 20:00:00    1.50 s  "
		"1.5 MiB  25.0%  0.001200 USD\n"
		"-             -  -      -                           -       "
		" -      -             -\n");
}

static const struct output_column two[] = {
	{ "name", OUTPUT_TEXT, OUTPUT_ALWAYS },
	{ "says", OUTPUT_TEXT, OUTPUT_ALWAYS },
};

static void put_two(struct output *o, const char *one, const char *other)
{
	output_text(o, one);
	output_text(o, other);
}

/* Two rows on a terminal of that width. */
static void assert_rows(void **state, int width, const char *const rows[2][2],
			const char *shown)
{
	struct terminal narrow = screen(width);
	struct output o = open_as(*state, OUTPUT_FOR_PEOPLE, &narrow);

	output_table(&o, NULL, two, 2);
	for (size_t i = 0; i < 2; i++)
		put_two(&o, rows[i][0], rows[i][1]);
	output_end(&o);
	assert_string_equal(text_of(&o), shown);
}

static void han_take_two_columns_and_are_never_cut_inside(void **state)
{
	static const char *const rows[2][2] = {
		{ "一二三四五六七八九十", "月之暗面" },
		{ "abcdefghijklmnopqrstuvwxyz", "x" },
	};

	assert_rows(state, 24, rows,
		    "NAME            SAYS\n"
		    "一二三四五六…   月之暗面\n"
		    "abcdefghijklm…  x\n");
}

static void a_long_text_at_the_end_of_a_row_is_folded(void **state)
{
	static const char *const rows[2][2] = {
		{ "one", "the quick brown fox jumps over the lazy dog" },
		{ "two", "x" },
	};

	assert_rows(state, 34, rows,
		    "NAME  SAYS\n"
		    "one   the quick brown fox jumps\n"
		    "      over the lazy dog\n"
		    "two   x\n");
}

static void what_does_not_fit_side_by_side_stands_upright(void **state)
{
	struct terminal narrow = screen(30);
	struct output o = open_as(*state, OUTPUT_FOR_PEOPLE, &narrow);

	output_table(&o, NULL, all, ALL_TYPES);
	put_all(&o);
	put_all(&o);
	output_end(&o);
	assert_contains(text_of(&o), "Name:          alice\n"
				     "Requests:      12345\n");
	assert_contains(text_of(&o), "USD\n\nName: ");
	for (const char *line = text_of(&o); *line != '\0';) {
		size_t n = strcspn(line, "\n");

		assert_true(terminal_columns(line, n) <= 30);
		line += n + 1;
	}
}

static void a_narrow_terminal_leaves_out_what_it_may(void **state)
{
	static const struct output_column columns[] = {
		{ "id", OUTPUT_ID, OUTPUT_ALWAYS },
		{ "failures", OUTPUT_INTEGER, OUTPUT_IF_WIDE },
		{ "note", OUTPUT_TEXT, OUTPUT_IF_WIDE },
		{ "cost", OUTPUT_MONEY, OUTPUT_ALWAYS },
	};
	static const char *const wanted[] = {
		"ID          FAILURES  NOTE        COST\n"
		"req_123456         7  x     1.0000 USD\n",
		"ID          FAILURES        COST\n"
		"req_123456         7  1.0000 USD\n",
		"ID                COST\n"
		"req_123456  1.0000 USD\n",
	};
	static const int widths[] = { 38, 32, 31 };

	for (size_t i = 0; i < COUNT(widths); i++) {
		struct terminal t = screen(widths[i]);
		struct output o = open_as(*state, OUTPUT_FOR_PEOPLE, &t);

		output_table(&o, NULL, columns, 4);
		output_text(&o, "req_123456");
		output_number(&o, 7);
		output_text(&o, "x");
		output_money(&o, 1000000000, "USD");
		output_end(&o);
		assert_string_equal(text_of(&o), wanted[i]);
	}
}

static const struct output_column three[] = {
	{ "credential", OUTPUT_TEXT, OUTPUT_ALWAYS },
	{ "plan", OUTPUT_TEXT, OUTPUT_IF_WIDE },
	{ "uses", OUTPUT_INTEGER, OUTPUT_ALWAYS },
};

static const char *print_three(struct arena *a, int width)
{
	struct terminal t = screen(width);
	struct output o = open_as(a, OUTPUT_FOR_PEOPLE, &t);

	output_table(&o, NULL, three, 3);
	output_text(&o, "platform sk-0…#123456");
	output_text(&o, "Moderato");
	output_number(&o, 1234567);
	output_end(&o);
	return text_of(&o);
}

static void a_column_goes_before_a_text_is_cut_too_short(void **state)
{
	assert_string_equal(print_three(*state, 39),
			    "CREDENTIAL            PLAN         USES\n"
			    "platform sk-0…#1234…  Moderato  1234567\n");
	assert_string_equal(print_three(*state, 38),
			    "CREDENTIAL                USES\n"
			    "platform sk-0…#123456  1234567\n");
	assert_string_equal(print_three(*state, 18), "CREDENTI…     USES\n"
						     "platform…  1234567\n");
}

static void rows_that_stand_upright_have_what_is_always_shown(void **state)
{
	assert_string_equal(print_three(*state, 16), "Credential:  pla\n"
						     "             tfo\n"
						     "             rm\n"
						     "             sk-\n"
						     "             0…#\n"
						     "             123\n"
						     "             456\n"
						     "Uses:        123\n"
						     "             456\n"
						     "             7\n");
}

static void people_read_a_sentence_instead_of_an_empty_table(void **state)
{
	struct output o = open_as(*state, OUTPUT_FOR_PEOPLE, &file);

	output_table(&o, NULL, id, 1);
	output_end_or(&o, "No keys.");
	output_table(&o, NULL, id, 1);
	output_text(&o, "x");
	output_end_or(&o, "No keys.");
	assert_string_equal(text_of(&o), "No keys.\nID\nx\n");
	o = open_as(*state, OUTPUT_JSON, &file);
	output_table(&o, NULL, id, 1);
	output_end_or(&o, "No keys.");
	assert_string_equal(text_of(&o), "[]\n");
}

static void long_texts_of_a_record_are_folded_between_words(void **state)
{
	struct terminal narrow = screen(24);
	struct output o = open_as(*state, OUTPUT_FOR_PEOPLE, &narrow);

	output_record(&o, NULL, two, 2);
	put_two(&o, "a b", "the quick brown fox jumps over 一二三四五六七八九");
	output_end(&o);
	assert_string_equal(text_of(&o), "Name:  a b\n"
					 "Says:  the quick brown\n"
					 "       fox jumps over\n"
					 "       一二三四五六七八\n"
					 "       九\n");
}

#define HOSTILE "a\33[2J\nb\x7f\302\233c\342\200\256d\342\200\254\377"

static void control_characters_are_harmless(void **state)
{
	struct terminal plain = screen(80);
	struct output o = open_as(*state, OUTPUT_FOR_PEOPLE, &plain);

	output_table(&o, NULL, id, 1);
	output_text(&o, HOSTILE);
	output_end(&o);
	assert_string_equal(text_of(&o), "ID\na\uFFFD[2J b\uFFFD\uFFFDc\uFFFDd"
					 "\uFFFD\uFFFD\n");
	plain.utf8 = false;
	o = open_as(*state, OUTPUT_FOR_PEOPLE, &plain);
	output_table(&o, NULL, id, 1);
	output_text(&o, HOSTILE "月");
	output_end(&o);
	assert_string_equal(text_of(&o), "ID\na?[2J b??c?d??月\n");
	plain.ascii = true;
	o = open_as(*state, OUTPUT_FOR_PEOPLE, &plain);
	output_table(&o, NULL, id, 1);
	output_text(&o, HOSTILE "月");
	output_end(&o);
	assert_string_equal(text_of(&o), "ID\na?[2J b??c?d???\n");
}

static void json_has_them_as_escapes_and_stays_the_same_value(void **state)
{
	struct output o = open_as(*state, OUTPUT_JSON, &file);

	output_record(&o, NULL, id, 1);
	output_text(&o, "\33[2J\x7f\302\233月");
	output_end(&o);
	assert_string_equal(text_of(&o),
			    "{\"id\":\"\\u001b[2J\\u007f\\u009b月\"}\n");
}

static void a_table_of_the_same_columns_lines_up_with_the_last(void **state)
{
	struct output o = open_as(*state, OUTPUT_FOR_PEOPLE, &file);

	output_table(&o, NULL, two, 2);
	put_two(&o, "a long name", "x");
	output_end(&o);
	o.headers = false;
	output_table(&o, NULL, two, 2);
	put_two(&o, "short", "y");
	output_end(&o);
	assert_string_equal(text_of(&o), "NAME         SAYS\n"
					 "a long name  x\n"
					 "short        y\n");
}

static void colour_is_put_around_words_but_never_counted(void **state)
{
	struct terminal colored = screen(80);
	struct output o;

	colored.color = true;
	o = open_as(*state, OUTPUT_FOR_PEOPLE, &colored);
	output_table(&o, NULL, two, 2);
	output_text(&o, "ok");
	output_style(&o, OUTPUT_GOOD);
	output_text(&o, "x");
	output_end(&o);
	assert_string_equal(text_of(&o), "\33[1mNAME\33[0m  \33[1mSAYS\33[0m\n"
					 "\33[32mok\33[0m    x\n");
}

static void lines_are_for_people_only(void **state)
{
	struct terminal narrow = screen(20);
	struct output o = open_as(*state, OUTPUT_FOR_PEOPLE, &file);

	output_line(&o, "%d keys", 3);
	assert_string_equal(text_of(&o), "3 keys\n");
	o = open_as(*state, OUTPUT_FOR_PEOPLE, &narrow);
	output_line(&o, "%d keys that take no\33[2J more than this", 3);
	output_line(&o, "%s", "");
	assert_string_equal(text_of(&o), "3 keys that take\n"
					 "no\uFFFD[2J more than\n"
					 "this\n\n");
	o = open_as(*state, OUTPUT_JSON, &file);
	output_line(&o, "%d keys", 3);
	assert_string_equal(text_of(&o), "");
}

static int set_up(void **state)
{
	(void)state;
	setenv("TZ", "CST-8", 1);
	tzset();
	return setlocale(LC_CTYPE, "C.UTF-8") == NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(json_has_numbers_as_numbers_and_utc),
		TEST(a_record_is_an_object_and_an_empty_table_an_array),
		TEST(a_group_is_one_document),
		TEST(csv_is_quoted_where_it_must_be),
		TEST(people_see_aligned_columns_and_local_times),
		TEST(han_take_two_columns_and_are_never_cut_inside),
		TEST(a_long_text_at_the_end_of_a_row_is_folded),
		TEST(what_does_not_fit_side_by_side_stands_upright),
		TEST(a_narrow_terminal_leaves_out_what_it_may),
		TEST(a_column_goes_before_a_text_is_cut_too_short),
		TEST(rows_that_stand_upright_have_what_is_always_shown),
		TEST(people_read_a_sentence_instead_of_an_empty_table),
		TEST(long_texts_of_a_record_are_folded_between_words),
		TEST(control_characters_are_harmless),
		TEST(json_has_them_as_escapes_and_stays_the_same_value),
		TEST(a_table_of_the_same_columns_lines_up_with_the_last),
		TEST(colour_is_put_around_words_but_never_counted),
		TEST(lines_are_for_people_only),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
