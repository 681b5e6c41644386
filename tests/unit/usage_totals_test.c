/* SPDX-License-Identifier: MIT */
/* What was used in all counts on, whatever is deleted, and under names of which
 * there are few. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "store/key_changes.h"
#include "store/usage_totals.h"
#include "tests/unit/support/turns.h"

#define MINUTE (INT64_C(60) * 1000)
#define DAY (24 * 60 * MINUTE)

struct played {
	const char *key, *stranger, *model; /* stranger: of a credential */
	int64_t at_ms;
	bool answered;
};

static int serial;

static void play(struct turns *f, const struct played *p)
{
	struct store_turn *t = database_turn(
		f->arena, arena_printf(f->arena, "r%d", serial++), NULL);
	struct store_outcome o = turns_outcome(
		f->arena, p->answered ? STORE_DONE : STORE_FAILED, "a");
	struct error why;

	error_set(&why, ERROR_MODEL, "no");
	t->owner.fingerprint = p->key;
	t->owner.stranger = p->stranger;
	t->model = p->model;
	t->started_ms = p->at_ms;
	o.error = p->answered ? NULL : &why;
	o.service = "platform";
	o.region = "global";
	o.credential_label = "a";
	o.duration_ms = 700;
	o.first_token_ms = p->answered ? 300 : -1;
	o.usage = (struct chat_usage){ 0 };
	if (p->answered)
		o.usage = (struct chat_usage){ .source = CHAT_USAGE_UPSTREAM,
					       .prompt = 10,
					       .completion = 5 };
	turns_close(f, t, &o);
}

static struct usage_totals read(struct turns *f, bool by_key)
{
	struct usage_totals t;
	struct error e;

	if (!store_usage_totals(f->store, by_key, &t, f->arena, &e))
		fail_msg("%s", e.message);
	return t;
}

static const struct usage_total *find(const struct usage_totals *t,
				      const char *key, const char *model)
{
	const struct usage_total *found = NULL;

	for (size_t i = 0; i < t->n; i++)
		if (text_same(t->list[i].key, key) &&
		    strcmp(t->list[i].model, model) == 0) {
			assert_null(found);
			found = &t->list[i];
		}
	return found;
}

static int64_t count(const struct usage_totals *t, const char *key,
		     const char *model)
{
	const struct usage_total *found = find(t, key, model);

	return found == NULL ? 0 : found->numbers[USAGE_REQUESTS];
}

static void name_key(struct turns *f, const char *key, const char *name)
{
	database_run(f->path, arena_printf(f->arena,
					   "UPDATE keys SET name = '%s' "
					   "WHERE fingerprint = '%s'",
					   name, key));
}

static void all_days_are_added_up(void **state)
{
	struct turns f = turns_begin(*state);
	int64_t now = clock_wall_ms();
	struct usage_totals t;

	for (int i = 300; i >= 0; i -= 100)
		play(&f, &(struct played){ .key = "k",
					   .model = "kimi-k3",
					   .at_ms = now - i * DAY,
					   .answered = true });
	name_key(&f, "k", "alice");
	t = read(&f, true);
	assert_int_equal(t.n, 1);
	assert_string_equal(t.list[0].key, "alice");
	assert_string_equal(t.list[0].service, "platform");
	assert_int_equal(t.list[0].numbers[USAGE_REQUESTS], 4);
	assert_int_equal(t.list[0].numbers[USAGE_PROMPT], 40);
	assert_int_equal(t.list[0].numbers[USAGE_UNPRICED], 2);
	assert_int_equal(t.n_costs, 1);
	assert_string_equal(t.costs[0].currency, "USD");
	assert_int_equal(t.costs[0].cost,
			 database_int(f.path, "SELECT sum(cost) FROM "
					      "requests"));
	assert_null(read(&f, false).list[0].key);
}

/* Clients may ask for any name. */
static void names_that_nobody_knows_are_one(void **state)
{
	struct turns f = turns_begin(*state);
	int64_t now = clock_wall_ms();
	struct usage_totals t;

	for (int i = 0; i < 50; i++)
		play(&f,
		     &(struct played){ .key = "k",
				       .model = arena_printf(*state, "m%d", i),
				       .at_ms = now });
	play(&f,
	     &(struct played){ .key = "k", .model = "kimi-k3", .at_ms = now });
	t = read(&f, false);
	assert_int_equal(t.n, 2);
	assert_int_equal(count(&t, NULL, "other"), 50);
	assert_int_equal(count(&t, NULL, "kimi-k3"), 1);
	/* Kimi serves one of them after all: it counts from now on. */
	play(&f, &(struct played){ .key = "k",
				   .model = "m7",
				   .at_ms = now,
				   .answered = true });
	t = read(&f, false);
	assert_int_equal(count(&t, NULL, "other"), 50);
	assert_int_equal(count(&t, NULL, "m7"), 1);
}

static void strangers_are_one(void **state)
{
	struct turns f = turns_begin(*state);
	struct usage_totals t;

	for (int i = 0; i < 20; i++) {
		const char *key = arena_printf(*state, "stranger%d", i);

		play(&f, &(struct played){ .key = key,
					   .stranger = key,
					   .model = "kimi-k3",
					   .at_ms = clock_wall_ms(),
					   .answered = true });
	}
	t = read(&f, true);
	assert_int_equal(t.n, 1);
	assert_int_equal(count(&t, "strangers", "kimi-k3"), 20);
}

static void delete_key(struct turns *f, const char *fingerprint)
{
	struct store_api_key k = {
		.row = database_int(f->path,
				    arena_printf(f->arena,
						 "SELECT id FROM keys WHERE "
						 "fingerprint = '%s'",
						 fingerprint)),
	};
	struct error e;

	assert_true(store_api_key_delete(f->store, &k, &e));
}

/* What is a sum of several may not be one of fewer: whoever reads it would take
 * that for a new beginning, and count everything again. */
static void no_number_falls_when_something_is_deleted(void **state)
{
	struct turns f = turns_begin(*state);
	static const char *const keys[] = { "k", "s1", "s2" };
	struct usage_totals t;

	for (int day = 3; day >= 0; day--)
		for (int i = 0; i < 3; i++)
			play(&f, &(struct played){
					 .key = keys[i],
					 .stranger = i == 0 ? NULL : keys[i],
					 .model = "kimi-k3",
					 .at_ms = clock_wall_ms() - day * DAY,
					 .answered = true });
	name_key(&f, "k", "alice");
	delete_key(&f, "s1");
	database_run(f.path, "DELETE FROM usage_quarters WHERE in_day > 0;"
			     "DELETE FROM requests");
	t = read(&f, true);
	assert_int_equal(count(&t, "strangers", "kimi-k3"), 8);
	assert_int_equal(count(&t, "alice", "kimi-k3"), 4);
	delete_key(&f, "k");
	t = read(&f, true);
	assert_int_equal(count(&t, "alice", "kimi-k3"), 4);
	/* Another key may have its name. */
	database_run(f.path, "UPDATE keys SET name = NULL, public_id = 'key_1' "
			     "WHERE name = 'alice'");
	t = read(&f, true);
	assert_int_equal(count(&t, "key_1", "kimi-k3"), 4);
	assert_int_equal(count(&t, "strangers", "kimi-k3"), 8);
	assert_int_equal(t.n, 2);
}

static void latencies_have_the_bounds_of_the_sums(void **state)
{
	struct turns f = turns_begin(*state);
	struct usage_latency *list;
	struct error e;
	size_t n;

	for (int day = 1; day >= 0; day--)
		for (int i = 0; i < 2; i++)
			play(&f, &(struct played){ .key = "k",
						   .model = "kimi-k3",
						   .at_ms = clock_wall_ms() -
							    day * DAY,
						   .answered = i == 0 });
	assert_true(store_usage_latencies(f.store, &list, &n, *state, &e));
	assert_int_equal(n, 1);
	assert_string_equal(list[0].model, "kimi-k3");
	assert_int_equal(list[0].duration.count, 4);
	assert_int_equal(list[0].duration.sum_ms, 4 * 700);
	assert_int_equal(list[0].first_token.count, 2);
	assert_int_equal(list[0].first_token.sum_ms, 2 * 300);
	for (int i = 0; i < USAGE_BOUNDS; i++) {
		assert_int_equal(list[0].duration.at_most[i],
				 usage_bounds_ms[i] >= 700 ? 4 : 0);
		assert_int_equal(list[0].first_token.at_most[i], 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_days_are_added_up),
		TEST(names_that_nobody_knows_are_one),
		TEST(strangers_are_one),
		TEST(no_number_falls_when_something_is_deleted),
		TEST(latencies_have_the_bounds_of_the_sums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
