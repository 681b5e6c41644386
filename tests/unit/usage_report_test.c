/* SPDX-License-Identifier: MIT */
/* Usage as owners ask for it is the sum of the rows, in any time zone. */
#include "tests/unit/support/test.h"

#include "base/clock.h"
#include "store/usage_report.h"
#include "tests/unit/support/turns.h"

#define MINUTE (INT64_C(60) * 1000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

struct report {
	struct turns turns;
	int64_t today; /* UTC */
	int serial;
	const char *caller;	/* the fingerprint of a key; NULL: any */
	const int64_t *only;	/* as in struct usage_question */
	const char *only_model; /* likewise */
	struct usage_line *lines;
	size_t n;
};

static struct report begin(void **state)
{
	return (struct report){ .turns = turns_begin(*state),
				.today = clock_wall_ms() / DAY * DAY };
}

/* A request of ten and five tokens. */
static void play(struct report *r, int64_t at_ms, const char *model,
		 const char *region)
{
	struct turns *f = &r->turns;
	struct store_turn *t = database_turn(
		f->arena, arena_printf(f->arena, "r%d", r->serial++), NULL);
	struct store_outcome o = turns_outcome(f->arena, STORE_DONE, "a");

	t->started_ms = at_ms;
	if (r->caller != NULL)
		t->owner.fingerprint = r->caller;
	t->model = model;
	o.service = "platform";
	o.region = region;
	o.credential_label = region;
	o.usage = (struct chat_usage){ .source = CHAT_USAGE_UPSTREAM,
				       .prompt = 10,
				       .completion = 5 };
	turns_close(f, t, &o);
}

static void ask(struct report *r, enum usage_group by, int64_t since,
		int64_t until, const char *zone)
{
	struct usage_question q = { .by = by,
				    .since = since,
				    .until = until,
				    .key = r->only,
				    .model = r->only_model };
	struct error e;

	if (!time_zone_open(&q.zone, r->turns.arena, zone, &e) ||
	    !store_usage_report(r->turns.store, &q, &r->lines, &r->n,
				r->turns.arena, &e))
		fail_msg("%s", e.message);
}

static int64_t total(const struct report *r, enum usage_number number)
{
	int64_t sum = 0;

	for (size_t i = 0; i < r->n; i++)
		sum += r->lines[i].numbers[number];
	return sum;
}

static void days_are_those_of_the_zone(void **state)
{
	struct report r = begin(state);
	int64_t yesterday = r.today - DAY;

	/* 18:14 and 18:15 UTC: midnight in Kathmandu is at 18:15. */
	play(&r, yesterday + 18 * HOUR + 14 * MINUTE, "kimi-k3", "global");
	play(&r, yesterday + 18 * HOUR + 15 * MINUTE, "kimi-k3", "global");
	play(&r, r.today, "kimi-k3", "global");
	ask(&r, USAGE_BY_DAY, yesterday, r.today + DAY, "Asia/Kathmandu");
	assert_int_equal(r.n, 3);
	assert_int_equal(r.lines[0].began_at,
			 yesterday - 5 * HOUR - 45 * MINUTE);
	assert_int_equal(r.lines[0].numbers[USAGE_REQUESTS], 1);
	assert_int_equal(r.lines[1].numbers[USAGE_REQUESTS], 2);
	ask(&r, USAGE_BY_DAY, yesterday, r.today + DAY, "UTC");
	assert_int_equal(r.n, 2);
	assert_int_equal(r.lines[0].numbers[USAGE_REQUESTS], 2);
	assert_int_equal(r.lines[0].numbers[USAGE_PROMPT], 20);
	assert_int_equal(r.lines[0].numbers[USAGE_COST], 210000);
	assert_string_equal(r.lines[0].currency, "USD");
}

static void days_and_hours_without_usage_are_shown(void **state)
{
	struct report r = begin(state);

	play(&r, r.today - 5 * DAY + 90 * MINUTE, "kimi-k3", "global");
	ask(&r, USAGE_BY_DAY, r.today - 7 * DAY, r.today, "UTC");
	assert_int_equal(r.n, 7);
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(r.lines[i].numbers[USAGE_REQUESTS], i == 2);
	ask(&r, USAGE_BY_HOUR, r.today - 5 * DAY, r.today - 4 * DAY, "UTC");
	assert_int_equal(r.n, 24);
	for (size_t i = 0; i < 24; i++)
		assert_int_equal(r.lines[i].numbers[USAGE_REQUESTS], i == 1);
}

static struct time_span span(struct report *r, const char *zone,
			     enum time_period period, int64_t at)
{
	const struct time_zone *z;
	struct error e;

	assert_true(time_zone_open(&z, r->turns.arena, zone, &e));
	return time_zone_span(z, period, at);
}

static void weeks_and_months_are_those_of_the_calendar(void **state)
{
	static const char *const zones[] = { "UTC", "Asia/Shanghai",
					     "Europe/Berlin" };

	for (size_t i = 0; i < COUNT(zones); i++) {
		struct report r = begin(state);
		int64_t until = r.today + DAY;
		int64_t week = span(&r, zones[i], TIME_WEEK, r.today).begin;
		int64_t month = span(&r, zones[i], TIME_MONTH, r.today).begin;

		play(&r, week - HOUR, "kimi-k3", "global");
		play(&r, week, "kimi-k3", "global");
		play(&r, r.today, "kimi-k3", "global");
		ask(&r, USAGE_BY_WEEK, week - DAY, r.today + 1, zones[i]);
		assert_int_equal(r.n, 2);
		assert_int_equal(
			r.lines[0].began_at,
			span(&r, zones[i], TIME_WEEK, week - HOUR).begin);
		assert_int_equal(r.lines[0].numbers[USAGE_REQUESTS], 1);
		assert_int_equal(r.lines[1].began_at, week);
		assert_int_equal(r.lines[1].numbers[USAGE_REQUESTS], 2);
		ask(&r, USAGE_BY_MONTH, month - 1, until, zones[i]);
		assert_int_equal(r.lines[1].began_at, month);
		assert_int_equal(total(&r, USAGE_REQUESTS), 3);
	}
}

static void currencies_have_lines_of_their_own(void **state)
{
	struct report r = begin(state);

	play(&r, r.today, "kimi-k3", "global");
	play(&r, r.today, "kimi-k3", "cn");
	play(&r, r.today, "kimi-k9", "cn");
	ask(&r, USAGE_BY_DAY, r.today, r.today + DAY, "UTC");
	assert_int_equal(r.n, 2);
	assert_int_equal(total(&r, USAGE_REQUESTS), 3);
	assert_int_equal(total(&r, USAGE_UNPRICED), 1);
	assert_string_not_equal(r.lines[0].currency, r.lines[1].currency);
	ask(&r, USAGE_BY_MODEL, r.today, r.today + DAY, "UTC");
	assert_int_equal(r.n, 3);
	ask(&r, USAGE_BY_CREDENTIAL, r.today, r.today + DAY, "UTC");
	assert_int_equal(r.n, 2);
	assert_string_equal(r.lines[0].name, "cn");
	assert_int_equal(r.lines[0].numbers[USAGE_REQUESTS], 2);
	ask(&r, USAGE_BY_CONVERSATION, r.today, r.today + DAY, "UTC");
	assert_int_equal(r.n, 2);
	assert_int_equal(total(&r, USAGE_REQUESTS), 3);
}

static void every_group_has_the_same_sum(void **state)
{
	static const enum usage_group groups[] = { USAGE_BY_HOUR, USAGE_BY_KEY,
						   USAGE_BY_MODEL,
						   USAGE_BY_CREDENTIAL,
						   USAGE_BY_CONVERSATION };
	struct report r = begin(state);
	int64_t since = r.today - 3 * DAY + 7 * HOUR,
		until = r.today - 4 * HOUR;

	for (int i = 0; i < 5 * 24; i++)
		play(&r, r.today - 4 * DAY + i * HOUR,
		     i % 2 == 0 ? "kimi-k3" : "kimi-k2.6",
		     i % 3 == 0 ? "cn" : "global");
	for (size_t i = 0; i < COUNT(groups); i++) {
		ask(&r, groups[i], since, until, "Europe/Berlin");
		assert_int_equal(total(&r, USAGE_REQUESTS),
				 (until - since) / HOUR);
		assert_int_equal(
			total(&r, USAGE_COST),
			database_int(r.turns.path,
				     arena_printf(*state,
						  "SELECT sum(cost) FROM "
						  "requests WHERE "
						  "started_at >= %lld AND "
						  "started_at < %lld",
						  (long long)since,
						  (long long)until)));
	}
}

static void what_is_older_than_quarters_is_known_by_days(void **state)
{
	struct report r = begin(state);
	int64_t old = r.today - 200 * DAY;

	play(&r, old + 5 * HOUR, "kimi-k3.1-pro", "global");
	play(&r, r.today, "kimi-k3", "global");
	database_run(r.turns.path, "DELETE FROM usage_quarters "
				   "WHERE in_day = 1");
	ask(&r, USAGE_BY_DAY, old, r.today + DAY, "UTC");
	assert_int_equal(r.n, 201);
	assert_int_equal(r.lines[0].numbers[USAGE_REQUESTS], 1);
	assert_int_equal(total(&r, USAGE_REQUESTS), 2);
	ask(&r, USAGE_BY_MODEL, old + 3 * HOUR, r.today + DAY, "UTC");
	assert_int_equal(total(&r, USAGE_REQUESTS), 2);
	ask(&r, USAGE_BY_KEY, old, old + DAY, "UTC");
	assert_int_equal(total(&r, USAGE_REQUESTS), 1);
}

static void a_report_of_one_key_has_nothing_of_others(void **state)
{
	struct report r = begin(state);
	int64_t since = r.today - 3 * DAY + 7 * HOUR, until = r.today + DAY;
	int64_t nobody = 0, one;

	for (int i = 0; i < 30; i++) {
		r.caller = i % 3 == 0 ? "one" : "another";
		play(&r, r.today - (i % 5) * DAY + 8 * HOUR, "kimi-k3", "cn");
	}
	one = database_int(r.turns.path, "SELECT id FROM keys "
					 "WHERE fingerprint = 'one'");
	r.only = &one;
	ask(&r, USAGE_BY_MODEL, since, until, "UTC");
	assert_int_equal(r.n, 1);
	assert_int_equal(total(&r, USAGE_REQUESTS), 8);
	ask(&r, USAGE_BY_KEY, 0, until, "UTC");
	assert_int_equal(total(&r, USAGE_REQUESTS), 10);
	for (int by = USAGE_BY_DAY; by <= USAGE_BY_CONVERSATION; by++) {
		ask(&r, (enum usage_group)by, r.today - 5 * DAY, until, "UTC");
		assert_int_equal(total(&r, USAGE_REQUESTS), 10);
	}
	r.only = &nobody;
	ask(&r, USAGE_BY_MODEL, 0, until, "UTC");
	assert_int_equal(r.n, 0);
}

static void a_report_of_one_model_has_nothing_of_others(void **state)
{
	struct report r = begin(state);

	play(&r, r.today, "kimi-k3", "cn");
	play(&r, r.today, "kimi-k3", "cn");
	play(&r, r.today, "kimi-k2.6", "cn");
	r.only_model = "kimi-k3";
	for (int by = USAGE_BY_DAY; by <= USAGE_BY_CONVERSATION; by++) {
		ask(&r, (enum usage_group)by, r.today, r.today + DAY, "UTC");
		assert_int_equal(total(&r, USAGE_REQUESTS), 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(days_are_those_of_the_zone),
		TEST(days_and_hours_without_usage_are_shown),
		TEST(weeks_and_months_are_those_of_the_calendar),
		TEST(currencies_have_lines_of_their_own),
		TEST(every_group_has_the_same_sum),
		TEST(what_is_older_than_quarters_is_known_by_days),
		TEST(a_report_of_one_key_has_nothing_of_others),
		TEST(a_report_of_one_model_has_nothing_of_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
