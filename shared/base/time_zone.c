/* SPDX-License-Identifier: MIT */
/* The calendar of a time zone. */
#include "base/time_zone.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/time_zone_internal.h"

#define FOLDER "/usr/share/zoneinfo/"
#define OF_SYSTEM "/etc/localtime"
#define MAX_FILE (32 * 1024)

/* Longer than it takes from any change of clocks to local midnight, by either
 * clock. */
#define BEFORE (36 * 3600)

#define ALLOWED                                                                \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/"

/* --- Dates ------------------------------------------------------------------
 *
 * Years begin in March here, so that 29 February is the last day of one. */

#define DAYS_PER_ERA 146097 /* 400 years */
#define DAYS_TO_1970 719468 /* from 1 March of the year 0 */

int64_t time_floor(int64_t v, int64_t unit)
{
	return v / unit - (v % unit < 0);
}

int64_t time_days(int64_t year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year, era = time_floor(y, 400);
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;

	return era * DAYS_PER_ERA + of_era * 365 + of_era / 4 - of_era / 100 +
	       of_year - DAYS_TO_1970;
}

struct time_date time_date_of(int64_t days)
{
	int64_t z = days + DAYS_TO_1970, era = time_floor(z, DAYS_PER_ERA);
	int64_t of_era = z - era * DAYS_PER_ERA;
	int64_t year =
		(of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) /
		365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153;

	return (struct time_date){
		.year = year + era * 400 + (month >= 10),
		.month = (int)(month < 10 ? month + 3 : month - 9),
		.day = (int)(of_year - (153 * month + 2) / 5 + 1),
	};
}

/* --- Files ------------------------------------------------------------------ */

static const struct time_zone utc;

static bool read_file(const char *path, unsigned char *p, size_t *n)
{
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return false;
	*n = fread(p, 1, MAX_FILE, f);
	fclose(f);
	return *n > 0;
}

static bool open_file(struct time_zone *z, struct arena *a, const char *path)
{
	unsigned char *p = arena_alloc(a, MAX_FILE);
	size_t n;

	return read_file(path, p, &n) && time_zone_decode(z, a, p, n);
}

static bool is_name(const char *name)
{
	return *name != '/' && name[strspn(name, ALLOWED)] == '\0';
}

bool time_zone_open(const struct time_zone **zone, struct arena *a,
		    const char *name, struct error *e)
{
	struct time_zone *z = arena_alloc(a, sizeof(*z));

	*zone = z;
	if (name == NULL) {
		if (!open_file(z, a, OF_SYSTEM))
			*zone = &utc;
		return true;
	}
	if (is_name(name) &&
	    open_file(z, a, arena_printf(a, FOLDER "%s", name)))
		return true;
	*zone = &utc;
	return strcmp(name, "UTC") == 0 ||
	       error_set(e, ERROR_SETUP,
			 "There is no time zone '%.64s' in " FOLDER
			 " (package tzdata): name one like Europe/Berlin or "
			 "Asia/Shanghai.",
			 name);
}

/* --- Instants --------------------------------------------------------------- */

int64_t time_zone_offset(const struct time_zone *z, int64_t at)
{
	size_t low = 0, high = z->n;

	if (z->has_rule && (z->n == 0 || at >= z->at[z->n - 1]))
		return time_rule_offset(&z->rule, at);
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (z->at[middle] <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low == 0 ? z->first : z->offsets[low - 1];
}

/* The first instant from `low` on with another offset; before `high` there is
 * one change. */
static int64_t find_change(const struct time_zone *z, int64_t low, int64_t high)
{
	int64_t before = time_zone_offset(z, low);

	while (high - low > 1) {
		int64_t middle = low + (high - low) / 2;

		if (time_zone_offset(z, middle) == before)
			low = middle;
		else
			high = middle;
	}
	return high;
}

/* When the local day begins: at midnight by the clock before a change, else at
 * midnight by the clock after it, else with the change that skips midnight. */
static int64_t day_begin(const struct time_zone *z, int64_t day)
{
	int64_t midnight = day * SECONDS_PER_DAY;
	int64_t before = time_zone_offset(z, midnight - BEFORE), after;

	if (time_zone_offset(z, midnight - before) == before)
		return midnight - before;
	after = time_zone_offset(z, midnight - before);
	if (time_zone_offset(z, midnight - after) == after)
		return midnight - after;
	return find_change(z, midnight - after, midnight - before);
}

static int64_t day_of(const struct time_zone *z, int64_t at)
{
	int64_t day = time_floor(at + time_zone_offset(z, at), SECONDS_PER_DAY);

	/* Clocks may be set back from just after midnight to before it. */
	return at >= day_begin(z, day + 1) ? day + 1 : day;
}

struct time_span time_zone_span(const struct time_zone *z,
				enum time_period period, int64_t at_ms)
{
	int64_t first = day_of(z, time_floor(at_ms, 1000)), next = first + 1;
	struct time_date d = time_date_of(first);

	if (period == TIME_WEEK) {
		/* 1 January 1970 was a Thursday. */
		first -= first + 3 - 7 * time_floor(first + 3, 7);
		next = first + 7;
	} else if (period == TIME_MONTH) {
		first = time_days(d.year, d.month, 1);
		next = d.month == 12 ? time_days(d.year + 1, 1, 1) :
				       time_days(d.year, d.month + 1, 1);
	}
	return (struct time_span){ day_begin(z, first) * 1000,
				   day_begin(z, next) * 1000 };
}

const char *time_zone_text(const struct time_zone *z, int64_t at_ms,
			   struct arena *a)
{
	int64_t at = time_floor(at_ms, 1000), ahead = time_zone_offset(z, at);
	int64_t days = time_floor(at + ahead, SECONDS_PER_DAY);
	struct time_date d = time_date_of(days);
	int seconds = (int)(at + ahead - days * SECONDS_PER_DAY);
	int minutes = (int)((ahead < 0 ? -ahead : ahead) / 60);

	return arena_printf(a, "%04d-%02d-%02d %02d:%02d:%02d %c%02d:%02d",
			    (int)d.year, d.month, d.day, seconds / 3600,
			    seconds / 60 % 60, seconds % 60,
			    ahead < 0 ? '-' : '+', minutes / 60, minutes % 60);
}
