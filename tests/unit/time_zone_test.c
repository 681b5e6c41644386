/* SPDX-License-Identifier: MIT */
/* The calendar of time zones: days, weeks and months as people there have
 * them. */
#include "tests/unit/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time_zone_internal.h"

static const struct time_zone *zone(struct arena *a, const char *name)
{
	const struct time_zone *z;
	struct error e;

	if (!time_zone_open(&z, a, name, &e))
		fail_msg("%s", e.message);
	return z;
}

/* Seconds; what Node's Intl says of the local dates. */
static const struct {
	const char *zone;
	enum time_period period;
	int64_t at, begin, end;
} spans[] = {
	/* 23 and 25 hours, and the week and months around them */
	{ "Europe/Berlin", TIME_DAY, 1774778400, 1774738800, 1774821600 },
	{ "Europe/Berlin", TIME_DAY, 1792922400, 1792879200, 1792969200 },
	{ "Europe/Berlin", TIME_WEEK, 1774821599, 1774220400, 1774821600 },
	{ "Europe/Berlin", TIME_MONTH, 1793489400, 1793487600, 1796079600 },
	{ "Europe/Berlin", TIME_DAY, 1798757999, 1798671600, 1798758000 },
	{ "Europe/Berlin", TIME_MONTH, 2532340800, 2529702000, 2532376800 },
	{ "Europe/Berlin", TIME_DAY, 0, -3600, 82800 },
	/* the last second of a day, and the first one of a month */
	{ "Asia/Shanghai", TIME_DAY, 1796054399, 1795968000, 1796054400 },
	{ "Asia/Shanghai", TIME_DAY, 1796054400, 1796054400, 1796140800 },
	{ "Asia/Shanghai", TIME_MONTH, 1796054400, 1796054400, 1798732800 },
	/* 5:45 ahead */
	{ "Asia/Kathmandu", TIME_DAY, 1785521699, 1785435300, 1785521700 },
	{ "Asia/Kathmandu", TIME_MONTH, 1785521700, 1785521700, 1788200100 },
	/* 3:30 behind */
	{ "America/St_Johns", TIME_DAY, 1772971200, 1772940600, 1773023400 },
	{ "America/St_Johns", TIME_DAY, 1793534400, 1793500200, 1793590200 },
	{ "America/St_Johns", TIME_WEEK, 1793502000, 1792981800, 1793590200 },
	/* 29 February, and a February without it */
	{ "Europe/Berlin", TIME_DAY, 1835438400, 1835391600, 1835478000 },
	{ "Asia/Shanghai", TIME_MONTH, 1835438400, 1832947200, 1835452800 },
	{ "America/St_Johns", TIME_MONTH, 1803816000, 1801452600, 1803871800 },
	/* no midnight; midnight twice; set back at midnight to the day before */
	{ "America/Havana", TIME_DAY, 1710072000, 1710046800, 1710129600 },
	{ "America/Havana", TIME_DAY, 1730635200, 1730606400, 1730696400 },
	{ "America/Sao_Paulo", TIME_DAY, 1541332800, 1541300400, 1541383200 },
	{ "America/Sao_Paulo", TIME_DAY, 1518868800, 1518832800, 1518922800 },
	/* the day after it never was */
	{ "Pacific/Apia", TIME_DAY, 1325196000, 1325152800, 1325239200 },
	/* half an hour; summer time that is the standard of the law */
	{ "Australia/Lord_Howe", TIME_DAY, 1775350800, 1775307600, 1775395800 },
	{ "Europe/Dublin", TIME_DAY, 2235038400, 2234991600, 2235081600 },
	{ "UTC", TIME_WEEK, 1796601599, 1795996800, 1796601600 },
};

static void days_weeks_and_months_are_those_of_the_place(void **state)
{
	for (size_t i = 0; i < COUNT(spans); i++) {
		struct time_span s = time_zone_span(zone(*state, spans[i].zone),
						    spans[i].period,
						    spans[i].at * 1000);

		if (s.begin != spans[i].begin * 1000 ||
		    s.end != spans[i].end * 1000)
			fail_msg("%s at %lld: %lld to %lld", spans[i].zone,
				 (long long)spans[i].at, (long long)s.begin,
				 (long long)s.end);
	}
}

/* Until 2011 clocks in St. John's were set back at one minute past midnight:
 * 6 November 2010 came again for 59 minutes. */
static void every_instant_is_in_one_day(void **state)
{
	static const char *const names[] = {
		"Europe/Berlin",     "Asia/Kathmandu", "America/St_Johns",
		"America/Sao_Paulo", "Pacific/Apia",   "Africa/Cairo"
	};

	for (size_t i = 0; i < COUNT(names); i++) {
		const struct time_zone *z = zone(*state, names[i]);
		int64_t at = 1262300000000; /* 2010 */

		for (int day = 0; day < 800; day++) {
			struct time_span s = time_zone_span(z, TIME_DAY, at);
			struct time_span last =
				time_zone_span(z, TIME_DAY, s.end - 1);

			assert_true(s.begin <= at && at < s.end);
			assert_int_equal(last.begin, s.begin);
			assert_int_equal(last.end, s.end);
			at = s.end;
		}
	}
}

static void several_zones_are_used_side_by_side(void **state)
{
	const struct time_zone *one = zone(*state, "Asia/Shanghai");
	const struct time_zone *other = zone(*state, "America/St_Johns");

	assert_int_equal(time_zone_offset(one, 1796054400), 8 * 3600);
	assert_int_equal(time_zone_offset(other, 1796054400), -12600);
	assert_int_equal(time_zone_offset(one, 1796054400), 8 * 3600);
}

static void an_instant_is_written_with_its_offset(void **state)
{
	assert_string_equal(time_zone_text(zone(*state, "Asia/Kathmandu"),
					   1785521700000, *state),
			    "2026-08-01 00:00:00 +05:45");
	assert_string_equal(time_zone_text(zone(*state, "America/St_Johns"),
					   1796099399999, *state),
			    "2026-12-01 00:59:59 -03:30");
}

static void an_unknown_zone_is_named(void **state)
{
	static const char *const names[] = { "Europe/Berlinn", "../passwd",
					     "/etc/localtime", "",
					     "Europe",	       "zone.tab" };
	const struct time_zone *z;
	struct error e;

	for (size_t i = 0; i < COUNT(names); i++) {
		assert_false(time_zone_open(&z, *state, names[i], &e));
		assert_error(&e, ERROR_SETUP, "");
		assert_contains(e.message, names[i]);
	}
	assert_true(time_zone_open(&z, *state, NULL, &e));
}

/* What Intl cannot show: forms of the last line of such files that no zone
 * needs for the moment. Seconds. */
static void rules_have_more_forms_than_zones_need(void **state)
{
	static const struct {
		const char *rule;
		int64_t at, offset;
	} rules[] = {
		{ "<+0545>-5:45", 1785521700, 20700 },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", 1774745999, 3600 },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", 1774746000, 7200 },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", 1792889999, 7200 },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", 1792890000, 3600 },
		{ "IST-1GMT0,M10.5.0,M3.5.0/1", 1774745999, 0 },
		{ "IST-1GMT0,M10.5.0,M3.5.0/1", 1774746000, 3600 },
		{ "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1774745999, -7200 },
		{ "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1774746000, -3600 },
		/* 60 is 1 March in any year, or 29 February in a leap year */
		{ "AAA0BBB,J60/0,J300/0", 1835395199, 0 },
		{ "AAA0BBB,J60/0,J300/0", 1835481600, 3600 },
		{ "AAA0BBB,59/0,300/0", 1835395200, 3600 },
		/* summer time for ever */
		{ "XXX3EDT4,0/0,J365/23", 1798761599, -14400 },
		{ "XXX3EDT4,0/0,J365/23", 1798761600, -14400 },
		{ "AAA-1:30:15BBB-2,M3.2.0,M11.1.0", 1767225600, 5415 },
	};
	struct time_rule r;

	(void)state;
	for (size_t i = 0; i < COUNT(rules); i++) {
		assert_true(time_rule_parse(&r, rules[i].rule));
		if (time_rule_offset(&r, rules[i].at) != rules[i].offset)
			fail_msg("%s at %lld: %lld", rules[i].rule,
				 (long long)rules[i].at,
				 (long long)time_rule_offset(&r, rules[i].at));
	}
}

static void rules_that_are_none_are_refused(void **state)
{
	static const char *const rules[] = {
		"",
		"CET",
		"C1",
		"<+01-1",
		"CET-1x",
		"CET-1CEST",
		"CET-1CEST,M3.5.0",
		"CET-168",
		"CET-1:60",
		"CET-1CEST,M13.5.0,M10.5.0",
		"CET-1CEST,M3.0.0,M10.5.0",
		"CET-1CEST,M3.5.7,M10.5.0",
		"CET-1CEST,M3.5.0,M10.5.0/",
		"CET-1CEST,J366,J1",
	};
	struct time_rule r;

	(void)state;
	for (size_t i = 0; i < COUNT(rules); i++)
		if (time_rule_parse(&r, rules[i]))
			fail_msg("'%s' was accepted", rules[i]);
}

static void a_file_that_was_cut_is_refused(void **state)
{
	unsigned char bytes[8192];
	FILE *f = fopen("/usr/share/zoneinfo/Europe/Berlin", "r");
	struct time_zone z;
	size_t n;

	assert_non_null(f);
	n = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	assert_true(time_zone_decode(&z, *state, bytes, n));
	for (size_t i = 0; i < n; i++) {
		unsigned char *part = malloc(i + 1); /* so ASan sees its end */

		memcpy(part, bytes, i);
		assert_false(time_zone_decode(&z, *state, part, i));
		free(part);
	}
	bytes[4] = '\0'; /* version 1 */
	assert_false(time_zone_decode(&z, *state, bytes, n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(days_weeks_and_months_are_those_of_the_place),
		TEST(every_instant_is_in_one_day),
		TEST(several_zones_are_used_side_by_side),
		TEST(an_instant_is_written_with_its_offset),
		TEST(an_unknown_zone_is_named),
		TEST(rules_have_more_forms_than_zones_need),
		TEST(rules_that_are_none_are_refused),
		TEST(a_file_that_was_cut_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
