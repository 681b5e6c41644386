/* SPDX-License-Identifier: MIT */
/* Usage by buckets of time: however it is divided, and from whichever sums it
 * comes, it is that of the rows. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "base/clock.h"
#include "store/usage_buckets.h"
#include "tests/unit/support/turns.h"

#define MINUTE (INT64_C(60) * 1000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

#define CACHING "kimi-k3.1-pro"

struct report {
	struct turns turns;
	int64_t today; /* UTC */
	int serial;
	struct usage_sum **sums;
	size_t n;
};

static struct report begin(void **state)
{
	return (struct report){ .turns = turns_begin(*state),
				.today = clock_wall_ms() / DAY * DAY };
}

struct played {
	const char *key, *model;
	const char *region; /* of the price */
	enum store_status status;
};

/* Only one model has a price of what is written to the cache. */
static void play(struct report *r, int64_t at_ms, const struct played *p)
{
	struct turns *f = &r->turns;
	struct store_turn *t = database_turn(
		f->arena, arena_printf(f->arena, "r%d", r->serial++), NULL);
	struct store_outcome o = turns_outcome(f->arena, p->status, "a");

	t->started_ms = at_ms;
	t->model = p->model;
	t->owner.fingerprint = p->key;
	o.service = "platform";
	o.region = p->region;
	o.usage = (struct chat_usage){
		.source = CHAT_USAGE_UPSTREAM,
		.prompt = 10,
		.completion = 5,
		.cached = 3,
		.cache_write = strcmp(p->model, CACHING) == 0 ? 2 : 0,
		.searches = 1
	};
	turns_close(f, t, &o);
}

static void play_plain(struct report *r, int64_t at_ms)
{
	play(r, at_ms, &(struct played){ "k", "kimi-k3", "global", 0 });
}

static void ask(struct report *r, struct usage_buckets u)
{
	struct error e;

	r->n = u.n;
	r->sums = store_usage_buckets(r->turns.store, &u, r->turns.arena, &e);
	if (r->sums == NULL)
		fail_msg("%s", e.message);
}

static struct usage_sum total(const struct report *r)
{
	struct usage_sum sum = { 0 };

	for (size_t i = 0; i < r->n; i++)
		for (const struct usage_sum *u = r->sums[i]; u != NULL;
		     u = u->next) {
			sum.requests += u->requests;
			sum.prompt_tokens += u->prompt_tokens;
			sum.completion_tokens += u->completion_tokens;
			sum.cached_tokens += u->cached_tokens;
			sum.cache_write_tokens += u->cache_write_tokens;
			sum.searches += u->searches;
			sum.cost += u->cost;
		}
	return sum;
}

static size_t sums_of(const struct usage_sum *sum)
{
	size_t n = 0;

	for (; sum != NULL; sum = sum->next)
		n++;
	return n;
}

/* That bucket alone has something, one request. */
static void assert_only(const struct report *r, size_t bucket)
{
	for (size_t i = 0; i < r->n; i++)
		assert_int_equal(sums_of(r->sums[i]), i == bucket);
	assert_int_equal(total(r).requests, 1);
}

static void a_request_is_in_the_bucket_of_its_start(void **state)
{
	struct report r = begin(state);
	int64_t from = r.today - 2 * DAY;

	play_plain(&r, from + DAY - 1);
	ask(&r, (struct usage_buckets){ .from = from, .width = DAY, .n = 2 });
	assert_only(&r, 0);
	ask(&r, (struct usage_buckets){ .from = from, .width = HOUR, .n = 48 });
	assert_only(&r, 23);
	ask(&r, (struct usage_buckets){
			.from = from + DAY - HOUR, .width = MINUTE, .n = 61 });
	assert_only(&r, 59);
	ask(&r, (struct usage_buckets){
			.from = from + DAY, .width = HOUR, .n = 24 });
	assert_int_equal(total(&r).requests, 0);
}

static void each_bucket_has_sums_of_its_own(void **state)
{
	const struct played a = { "a", "kimi-k3", "global", 0 };
	const struct played b = { "b", "kimi-k3", "global", 0 };
	struct report r = begin(state);

	play(&r, r.today, &a);
	play(&r, r.today, &b);
	play(&r, r.today + 20 * MINUTE, &a);
	play(&r, r.today + HOUR, &b);
	ask(&r,
	    (struct usage_buckets){
		    .from = r.today, .width = HOUR, .n = 2, .by_key = true });
	assert_int_equal(r.sums[0]->requests, 2);
	assert_int_equal(r.sums[0]->next->requests, 1);
	assert_int_equal(r.sums[1]->requests, 1);
	assert_null(r.sums[1]->next);
}

static void every_width_and_division_has_the_same_sums(void **state)
{
	static const char *const models[] = { CACHING, "kimi-k2.6", "kimi-k9" };
	static const int64_t widths[] = { DAY, HOUR, MINUTE };
	struct report r = begin(state);
	int64_t from = r.today - DAY;

	for (int i = 0; i < 96; i++)
		play(&r, from + i * 29 * MINUTE,
		     &(struct played){
			     i % 5 == 0 ? "other" : "k", models[i % 3],
			     i % 2 == 0 ? "cn" : "global",
			     i % 7 == 0 ? STORE_FAILED : STORE_DONE });
	for (int i = 0; i < 3 * 8; i++) {
		ask(&r, (struct usage_buckets){
				.from = from,
				.width = widths[i / 8],
				.n = (size_t)(2 * DAY / widths[i / 8]),
				.by_key = i & 1,
				.by_model = i & 2 });
		assert_int_equal(total(&r).requests, 96);
		assert_int_equal(total(&r).prompt_tokens, 960);
		assert_int_equal(total(&r).completion_tokens, 480);
		assert_int_equal(total(&r).cached_tokens, 288);
		assert_int_equal(total(&r).cache_write_tokens, 64);
		assert_int_equal(total(&r).searches, 96);
		assert_int_equal(
			total(&r).cost,
			database_int(r.turns.path,
				     "SELECT sum(cost) FROM requests"));
		if (i < 4)
			assert_int_equal(sums_of(r.sums[0]),
					 (i & 1 ? 2 : 1) * (i & 2 ? 3 : 1));
	}
}

static void what_we_refused_used_nothing(void **state)
{
	struct report r = begin(state);

	play(&r, r.today,
	     &(struct played){ "k", "kimi-k3", NULL, STORE_REFUSED });
	play_plain(&r, r.today);
	ask(&r,
	    (struct usage_buckets){
		    .from = r.today, .width = DAY, .n = 1, .by_model = true });
	assert_int_equal(sums_of(r.sums[0]), 1);
	assert_int_equal(r.sums[0]->requests, 1);
	ask(&r,
	    (struct usage_buckets){ .from = r.today, .width = MINUTE, .n = 1 });
	assert_int_equal(total(&r).requests, 1);
}

static void currencies_are_apart_and_what_has_no_cost_has_none(void **state)
{
	struct report r = begin(state);

	play(&r, r.today, &(struct played){ "k", "kimi-k3", "cn", 0 });
	play(&r, r.today, &(struct played){ "k", "kimi-k3", "global", 0 });
	play(&r, r.today, &(struct played){ "k", "kimi-k9", "global", 0 });
	ask(&r, (struct usage_buckets){ .from = r.today,
					.width = DAY,
					.n = 1,
					.by_currency = true });
	assert_int_equal(sums_of(r.sums[0]), 2);
	assert_string_equal(r.sums[0]->currency, "CNY");
	assert_string_equal(r.sums[0]->next->currency, "USD");
	assert_int_equal(total(&r).requests, 2);
}

static void keys_and_models_can_be_chosen(void **state)
{
	static const char *const models[] = { "kimi-k3", "kimi-k9" };
	struct report r = begin(state);
	const char *id;

	play(&r, r.today, &(struct played){ "k", "kimi-k3", "cn", 0 });
	play(&r, r.today, &(struct played){ "k", "kimi-k2.6", "cn", 0 });
	play(&r, r.today, &(struct played){ "other", "kimi-k3", "cn", 0 });
	id = database_text(r.turns.arena, r.turns.path,
			   "SELECT public_id FROM keys "
			   "WHERE fingerprint = 'other'");
	for (int64_t width = MINUTE; width <= DAY; width *= 60 * 24) {
		struct usage_buckets u = { .from = r.today,
					   .width = width,
					   .n = 1,
					   .models = { models, 2 } };

		ask(&r, u);
		assert_int_equal(total(&r).requests, 2);
		u.keys = (struct config_list){ &id, 1 };
		ask(&r, u);
		assert_int_equal(total(&r).requests, 1);
		u.models = (struct config_list){ models + 1, 1 };
		ask(&r, u);
		assert_int_equal(total(&r).requests, 0);
	}
}

static void hours_whose_quarters_are_gone_are_those_of_the_rows(void **state)
{
	struct report r = begin(state);
	int64_t old = r.today - 200 * DAY;

	play_plain(&r, old + 90 * MINUTE);
	play_plain(&r, r.today);
	database_run(r.turns.path, "DELETE FROM usage_quarters "
				   "WHERE in_day = 1");
	ask(&r, (struct usage_buckets){ .from = old, .width = HOUR, .n = 24 });
	assert_only(&r, 1);
	ask(&r, (struct usage_buckets){ .from = old, .width = DAY, .n = 2 });
	assert_only(&r, 0);
}

static void what_ends_after_its_day_was_added_up_is_in_it(void **state)
{
	struct report r = begin(state);
	int64_t yesterday = r.today - DAY;

	play_plain(&r, yesterday);
	play_plain(&r, r.today);
	play_plain(&r, yesterday);
	ask(&r,
	    (struct usage_buckets){ .from = yesterday, .width = DAY, .n = 2 });
	assert_int_equal(r.sums[0]->requests, 2);
	assert_int_equal(r.sums[1]->requests, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_request_is_in_the_bucket_of_its_start),
		TEST(each_bucket_has_sums_of_its_own),
		TEST(every_width_and_division_has_the_same_sums),
		TEST(what_we_refused_used_nothing),
		TEST(currencies_are_apart_and_what_has_no_cost_has_none),
		TEST(keys_and_models_can_be_chosen),
		TEST(hours_whose_quarters_are_gone_are_those_of_the_rows),
		TEST(what_ends_after_its_day_was_added_up_is_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
