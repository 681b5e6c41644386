/* SPDX-License-Identifier: MIT */
/* Rules for the years to come, as POSIX writes them (the variable TZ). */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/time_zone_internal.h"

#define USUAL_CHANGE (2 * 3600)

/* Clocks are changed within a week of the day that the rule names. */
#define MAX_HOURS 167

/* `<+0545>`, or letters. */
static bool skip_name(const char **p)
{
	const char *begin = *p, *end;

	if (*begin == '<') {
		end = strchr(begin, '>');
		*p = end == NULL ? begin : end + 1;
		return end != NULL;
	}
	while (isalpha((unsigned char)**p))
		++*p;
	return *p - begin >= 3;
}

static bool read_number(const char **p, long max, long *out)
{
	char *end;

	if (!isdigit((unsigned char)**p))
		return false;
	*out = strtol(*p, &end, 10);
	*p = end;
	return *out <= max;
}

/* `-1`, `3:30`, `+5:45:00`: seconds. */
static bool read_time(const char **p, int64_t *out)
{
	static const int64_t units[] = { 3600, 60, 1 };
	int64_t sign = **p == '-' ? -1 : 1;

	*out = 0;
	if (**p == '-' || **p == '+')
		++*p;
	for (int i = 0; i < 3; i++) {
		long v;

		if (i > 0 && *(*p)++ != ':')
			return false;
		if (!read_number(p, i == 0 ? MAX_HOURS : 59, &v))
			return false;
		*out += sign * v * units[i];
		if (**p != ':')
			break;
	}
	return true;
}

static bool read_month_rule(const char **p, struct time_change *c)
{
	long month, week, weekday;

	if (!read_number(p, 12, &month) || *(*p)++ != '.' ||
	    !read_number(p, 5, &week) || *(*p)++ != '.' ||
	    !read_number(p, 6, &weekday))
		return false;
	c->kind = TIME_MONTH_RULE;
	c->month = (int)month;
	c->week = (int)week;
	c->weekday = (int)weekday;
	return month >= 1 && week >= 1;
}

static bool read_change(const char **p, struct time_change *c)
{
	long day = 0;
	bool ok;

	if (*(*p)++ != ',')
		return false;
	if (**p == 'M') {
		++*p;
		ok = read_month_rule(p, c);
	} else {
		c->kind = **p == 'J' ? TIME_JULIAN_RULE : TIME_DAY_RULE;
		*p += **p == 'J';
		ok = read_number(p, 365, &day);
		c->day = (int)day;
	}
	c->time = USUAL_CHANGE;
	if (!ok || **p != '/')
		return ok;
	++*p;
	return read_time(p, &c->time);
}

/* Offsets are written as what has to be added to get UTC. */
static bool read_offset(const char **p, int64_t *out)
{
	if (!read_time(p, out))
		return false;
	*out = -*out;
	return true;
}

bool time_rule_parse(struct time_rule *r, const char *text)
{
	const char *p = text;

	*r = (struct time_rule){ 0 };
	if (!skip_name(&p) || !read_offset(&p, &r->standard))
		return false;
	if (*p == '\0')
		return true;
	r->has_summer = true;
	r->summer = r->standard + 3600;
	return skip_name(&p) && (*p == ',' || read_offset(&p, &r->summer)) &&
	       read_change(&p, &r->begin) && read_change(&p, &r->end) &&
	       *p == '\0';
}

static bool is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int64_t day_of_month_rule(const struct time_change *c, int64_t year)
{
	int64_t first = time_days(year, c->month, 1);
	int64_t next = c->month == 12 ? time_days(year + 1, 1, 1) :
					time_days(year, c->month + 1, 1);
	/* 1 January 1970 was a Thursday. */
	int64_t weekday = first + 4 - 7 * time_floor(first + 4, 7);
	int64_t day =
		first + (c->weekday - weekday + 7) % 7 + 7 * (c->week - 1);

	return day < next ? day : day - 7;
}

/* When clocks are changed that are `offset` ahead until then. */
static int64_t change_at(const struct time_change *c, int64_t year,
			 int64_t offset)
{
	int64_t first = time_days(year, 1, 1), day = first + c->day;

	if (c->kind == TIME_MONTH_RULE)
		day = day_of_month_rule(c, year);
	else if (c->kind == TIME_JULIAN_RULE)
		day = first + c->day - 1 + (is_leap(year) && c->day >= 60);
	return day * SECONDS_PER_DAY + c->time - offset;
}

int64_t time_rule_offset(const struct time_rule *r, int64_t at)
{
	int64_t year, begin, end;
	bool summer;

	if (!r->has_summer)
		return r->standard;
	year = time_date_of(time_floor(at + r->standard, SECONDS_PER_DAY)).year;
	begin = change_at(&r->begin, year, r->standard);
	end = change_at(&r->end, year, r->summer);
	summer = begin < end ? at >= begin && at < end :
			       at >= begin || at < end;
	return summer ? r->summer : r->standard;
}
