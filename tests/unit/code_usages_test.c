/* SPDX-License-Identifier: MIT */
/* Kimi Code: what is left of the membership, and until when. */
#include "tests/unit/support/test.h"

#include <time.h>

#include "base/clock.h"
#include "tests/unit/support/web_call.h"
#include "upstream/api/code_usages.h"
#include "upstream/model.h"
#include "upstream/services.h"

#define CODE "https://code.example/coding/v1"

static struct web_call *call_of(struct arena *a, struct replay_answer *answers)
{
	struct web_call *w = web_call_new(a, answers);

	w->config.code_urls = config_list_parse(a, CODE, ',');
	w->call.bearer = "sk-kimi-unit";
	w->model = *model_known("k3", NULL);
	return w;
}

static const char *in(struct arena *a, const char *name, int seconds,
		      const char *ending)
{
	time_t t = (time_t)(clock_wall_ms() / 1000) + seconds;
	struct tm tm;
	char text[32];

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	return arena_printf(a, "\"%s\":\"%s%s\"", name, text, ending);
}

/* How long, after Kimi refused in these words. */
static int64_t reset_after(struct arena *a, const char *words, long status,
			   const char *body)
{
	struct replay_answer answers[] = {
		{ .method = "GET",
		  .path = CODE "/usages",
		  .status = status,
		  .body = body },
		{ 0 },
	};

	return code_usages_reset_ms(&call_of(a, answers)->call, words);
}

static int64_t reset(struct arena *a, long status, const char *body)
{
	return reset_after(a, "", status, body);
}

static void the_used_up_window_says_when_it_resets(void **state)
{
	struct arena *a = *state;
	const char *week = in(a, "resetTime", 90000, "Z"),
		   *hours = in(a, "resetTime", 7000, "Z");
	const struct {
		const char *usage, *detail; /* besides the times */
		int64_t seconds;
	} rows[] = {
		{ "\"limit\":\"100\",\"used\":\"30\"",
		  "\"limit\":\"100\",\"used\":\"100\"", 7000 },
		{ "\"limit\":\"100\",\"used\":\"100\"",
		  "\"limit\":\"100\",\"used\":\"30\"", 90000 },
		{ "\"limit\":\"100\",\"used\":\"101\"",
		  "\"limit\":\"100\",\"remaining\":\"0\"", 90000 },
		{ "\"limit\":\"100\",\"remaining\":\"1\"",
		  "\"limit\":\"100\",\"remaining\":\"0\"", 7000 },
		{ "\"limit\":100,\"used\":100", "\"remaining\":5", 90000 },
		{ "\"limit\":\"100\",\"used\":\"0\"",
		  "\"limit\":\"100\",\"used\":\"0\"", 0 },
		{ "\"limit\":\"100\"", "\"used\":\"3\"", 7000 },
		{ "\"limit\":\"9223372036854775807\",\"used\":\"-7\"",
		  "\"limit\":\"100\"", 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t ms = reset(a, 200,
				   arena_printf(a,
						"{\"usage\":{%s,%s},\"limits\":"
						"[{\"detail\":{%s,%s}}]}",
						rows[i].usage, week,
						rows[i].detail, hours));
		int64_t wanted = rows[i].seconds * 1000;

		assert_in_range(ms, wanted > 5000 ? wanted - 5000 : 0, wanted);
	}
}

#define USED_UP "{\"usage\":{\"limit\":\"1\",\"used\":\"1\",%s}}"

static void a_reset_time_is_read_in_every_form(void **state)
{
	struct arena *a = *state;

	assert_in_range(
		reset(a, 200,
		      arena_printf(a, USED_UP,
				   in(a, "resetTime", 500, ".123456789Z"))),
		495000, 500000);
	assert_int_equal(
		reset(a, 200,
		      arena_printf(a, USED_UP, in(a, "resetTime", -500, "Z"))),
		0);
	assert_int_equal(
		reset(a, 200,
		      arena_printf(a, USED_UP, "\"resetTime\":\"soon\"")),
		0);
	assert_int_equal(
		reset(a, 200, arena_printf(a, USED_UP, "\"resetTime\":7")), 0);
	assert_int_equal(reset(a, 500, "{}"), 0);
	assert_int_equal(reset(a, 200, "no json"), 0);
	assert_int_equal(reset(a, 200, "{\"limits\":7}"), 0);
}

static const char *number(struct arena *a, const char *name, int64_t v)
{
	return v == QUOTA_UNKNOWN ?
		       "" :
		       arena_printf(a, " %s=%lld", name, (long long)v);
}

/* What is known of each, on a line. */
static const char *text_of(struct arena *a, const struct quota_list *list)
{
	const char *text = "";

	for (size_t i = 0; i < list->n; i++) {
		const struct quota *q = &list->items[i];

		text = arena_printf(a, "%s%s:%s%s%s%s%s%s\n", text, q->name,
				    number(a, "used", q->used),
				    number(a, "remaining", q->remaining),
				    number(a, "whole", q->whole),
				    number(a, "ppm", q->used_ppm),
				    q->currency == NULL ? "" : " ",
				    q->currency == NULL ? "" : q->currency);
	}
	return text;
}

static struct quota_list listed(struct arena *a, const char *body)
{
	struct replay_answer answers[] = {
		{ .method = "GET",
		  .path = CODE "/usages",
		  .status = 200,
		  .body = body },
		{ 0 },
	};
	struct quota_list list = { .arena = a };

	assert_true(code_usages(&call_of(a, answers)->call, &list));
	return list;
}

static void usages_are_listed_as_numbers(void **state)
{
	struct quota_list list = listed(
		*state, "{\"usage\":{\"limit\":\"100\",\"remaining\":\"97\","
			"\"resetTime\":\"2026-12-01T00:00:00Z\"},\"limits\":"
			"[{\"window\":{\"duration\":300,\"timeUnit\":"
			"\"TIME_UNIT_MINUTE\"},\"detail\":{\"limit\":\"100\","
			"\"used\":\"12\"}},{\"detail\":{}}],\"user\":{"
			"\"membership\":{\"level\":\"LEVEL_BASIC\"}}}");

	assert_string_equal(text_of(*state, &list),
			    "billing cycle: used=3 remaining=97 whole=100\n"
			    "5 hours: used=12 remaining=88 whole=100\n"
			    "window:\n");
	assert_int_equal(list.items[0].resets_at, INT64_C(1796083200000));
	assert_int_equal(list.items[1].resets_at, 0);
	assert_string_equal(list.plan, "LEVEL_BASIC");
}

/* In millionths of a cent; without a currency it is not known what it is. */
static void money_for_extra_usage_is_listed(void **state)
{
	static const char *const names[] = { "boosterWallet",
					     "booster_wallet" };

	for (size_t i = 0; i < COUNT(names); i++) {
		struct quota_list list = listed(
			*state,
			arena_printf(*state,
				     "{\"%s\":{\"balance\":{\"type\":"
				     "\"BOOSTER\",\"amount\":\"20000000000\","
				     "\"amountLeft\":\"350000000\"},"
				     "\"monthlyUsed\":{\"currency\":\"CNY\"}}}",
				     names[i]));

		assert_string_equal(text_of(*state, &list),
				    "extra usage: remaining=3500000000 "
				    "whole=200000000000 CNY\n");
	}
	assert_int_equal(listed(*state, "{\"boosterWallet\":{\"balance\":{"
					"\"amountLeft\":\"1\"}}}")
				 .n,
			 0);
}

static void what_requests_go_on_without_is_not_used_up(void **state)
{
	struct quota_list list = listed(
		*state, "{\"usages\":{"
			"\"limit_month_total\":{\"used_ratio\":0.9},"
			"\"limit_month_code\":{\"used_ratio\":1}},"
			"\"boosterWallet\":{\"balance\":{\"amountLeft\":\"0\"},"
			"\"monthlyUsed\":{\"currency\":\"CNY\"}}}");

	assert_int_equal(list.n, 3);
	for (size_t i = 0; i < list.n; i++)
		assert_false(quota_is_used_up(&list.items[i]));
}

#define HOURS "You've reached your 5-hour usage limit"
#define WEEK                                                                   \
	"You've reached your weekly (7-day) usage limit. Your quota will "     \
	"reset when the current 7-day window ends."
#define MONTH "You've reached your monthly usage limit for this billing cycle"
#define CYCLE "You've reached your usage limit for this billing cycle"
#define PERIOD "You've reached your usage limit for this period"
#define CREDIT "Your credit balance is insufficient"

/* The map of the newer shape: each window 1,000 s longer than the last. */
static const char *parts(struct arena *a, const char *const ratios[4])
{
	static const char *const names[] = { "limit_5h", "limit_7d",
					     "limit_month_total",
					     "limit_month_code" };
	const char *all = "";

	for (size_t i = 0; i < COUNT(names); i++)
		if (ratios[i] != NULL)
			all = arena_printf(
				a, "%s%s\"%s\":{\"used_ratio\":%s,%s}", all,
				*all == '\0' ? "" : ",", names[i], ratios[i],
				in(a, "reset_time", 1000 * (int)(i + 1), "Z"));
	return arena_printf(a, "\"usages\":{%s}", all);
}

static void the_words_choose_the_window(void **state)
{
	static const struct {
		const char *words;
		const char *ratios[4];
		int64_t seconds;
	} rows[] = {
		{ HOURS, { "0", "0", "0", "0" }, 1000 },
		{ WEEK, { "0", "0", "0", "0" }, 2000 },
		{ MONTH, { "0", "0", "0", "0" }, 3000 },
		{ PERIOD, { "0.2", "0", "0", NULL }, 1000 },
		{ CYCLE, { "1", NULL, "0.5", NULL }, 3000 },
		{ CYCLE, { "0.1", "0.5", NULL, NULL }, 2000 },
		/* Another one that is used up lasts longer. */
		{ HOURS, { "1", "1", "0", NULL }, 2000 },
		{ WEEK, { "1", "0", NULL, NULL }, 2000 },
		/* What the words mean may be missing. */
		{ MONTH, { "0", "0", NULL, "0" }, 4000 },
		{ MONTH, { "1", "0", NULL, NULL }, 1000 },
		{ MONTH, { "0", "0", NULL, NULL }, 0 },
		{ HOURS, { NULL, NULL, NULL, NULL }, 0 },
		/* Words without a window: what is used up, if anything. */
		{ CREDIT, { "0", "0", "0", "0" }, 0 },
		{ CREDIT, { "0", "0", "1", "1" }, 3000 },
		/* A part of the month is no quota of its own. */
		{ CREDIT, { "0", "0", "0.9", "1" }, 0 },
		{ HOURS, { "\"1\"", "null", "0", "0" }, 1000 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t ms = reset_after(
			*state, rows[i].words, 200,
			arena_printf(*state, "{%s}",
				     parts(*state, rows[i].ratios)));
		int64_t wanted = rows[i].seconds * 1000;

		assert_in_range(ms, wanted > 5000 ? wanted - 5000 : 0, wanted);
	}
}

/* Both shapes at once: the parts may be 0 although a window is used up. */
static void counts_are_right_where_both_are_told(void **state)
{
	static const char *const zero[] = { "0", "0", NULL, NULL };
	static const char *const full[] = { "1", "0", NULL, NULL };
	struct arena *a = *state;
	const char *week = in(a, "resetTime", 2001, "Z");
	const char *hours = in(a, "resetTime", 1000, "Z");
	const struct {
		const char *used_week, *used_hours;
		const char *const *ratios;
		int64_t seconds;
	} rows[] = {
		{ "100", "19", zero, 2001 },
		{ "19", "100", zero, 1000 },
		{ "100", "100", zero, 2001 },
		{ "19", "20", full, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *body = arena_printf(
			a,
			"{\"usage\":{\"limit\":\"100\",\"used\":\"%s\",%s},"
			"\"limits\":[{\"window\":{\"duration\":5,\"timeUnit\":"
			"\"TIME_UNIT_HOUR\"},\"detail\":{\"limit\":\"100\","
			"\"used\":\"%s\",%s}}],%s}",
			rows[i].used_week, week, rows[i].used_hours, hours,
			parts(a, rows[i].ratios));
		int64_t wanted = rows[i].seconds * 1000;

		assert_in_range(reset(a, 200, body),
				wanted > 5000 ? wanted - 5000 : 0, wanted);
	}
}

/* … unless they are about another window, as their resets tell. */
static void windows_with_other_resets_are_others(void **state)
{
	static const char *const full[] = { "0", "1", NULL, NULL };
	const char *body = arena_printf(
		*state, "{\"usage\":{\"limit\":\"100\",\"used\":\"19\",%s},%s}",
		in(*state, "resetTime", 9000, "Z"), parts(*state, full));

	assert_in_range(reset(*state, 200, body), 1995000, 2000000);
}

static const char *listed_text(struct arena *a, const char *body)
{
	struct quota_list list = listed(a, body);

	return text_of(a, &list);
}

static void both_shapes_are_listed(void **state)
{
	assert_string_equal(
		listed_text(*state,
			    "{\"usages\":{\"limit_5h\":{\"used_ratio\":0.25,"
			    "\"reset_time\":\"2026-12-01T05:00:00Z\"},"
			    "\"limit_month_total\":{\"used_ratio\":1,"
			    "\"reset_time\":\"2026-12-31T00:00:00Z\"},"
			    "\"limit_month_code\":{\"used_ratio\":0.5}}}"),
		"5 hours: ppm=250000\nmonth: ppm=1000000\n"
		"month, Kimi Code: ppm=500000\n");
	assert_string_equal(
		listed_text(*state,
			    "{\"usage\":{\"limit\":\"100\",\"used\":\"19\","
			    "\"resetTime\":\"2026-12-07T00:00:01Z\"},"
			    "\"usages\":{\"limit_7d\":{\"used_ratio\":0,"
			    "\"reset_time\":\"2026-12-07T00:00:00Z\"}}}"),
		"billing cycle: used=19 remaining=81 whole=100\n");
	assert_string_equal(listed_text(*state, "{\"usages\":7}"), "");
	assert_string_equal(
		listed_text(*state, "{\"usages\":{\"limit_5h\":null}}"), "");
}

static const char *noted(struct arena *a, const char *before, const char *body)
{
	struct replay_answer answers[] = {
		{ .method = "GET",
		  .path = CODE "/usages",
		  .status = 200,
		  .body = body },
		{ 0 },
	};
	struct web_call *w = call_of(a, answers);

	if (before != NULL)
		w->kept[0] = (struct web_note){ UPSTREAM_SLOTS_NOTE, before };
	code_usages_note_slots(&w->call);
	return web_call_note(w, UPSTREAM_SLOTS_NOTE);
}

static void the_limit_of_the_account_is_noted(void **state)
{
	assert_string_equal(
		noted(*state, NULL, "{\"parallel\":{\"limit\":\"20\"}}"), "20");
	assert_string_equal(
		noted(*state, "30", "{\"parallel\":{\"limit\":20}}"), "20");
	assert_string_equal(noted(*state, "30", "{\"parallel\":{}}"), "30");
	assert_string_equal(
		noted(*state, "30", "{\"parallel\":{\"limit\":\"0\"}}"), "30");
	assert_string_equal(noted(*state, "30",
				  "{\"parallel\":{\"limit\":\"none\"}}"),
			    "30");
	assert_null(noted(*state, NULL, "{}"));
	assert_null(noted(*state, NULL, "no json"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_used_up_window_says_when_it_resets),
		TEST(a_reset_time_is_read_in_every_form),
		TEST(usages_are_listed_as_numbers),
		TEST(money_for_extra_usage_is_listed),
		TEST(what_requests_go_on_without_is_not_used_up),
		TEST(the_words_choose_the_window),
		TEST(counts_are_right_where_both_are_told),
		TEST(windows_with_other_resets_are_others),
		TEST(both_shapes_are_listed),
		TEST(the_limit_of_the_account_is_noted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
