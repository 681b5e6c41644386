/* SPDX-License-Identifier: MIT */
/* Kimi web: what is left of a subscription. */
#include "tests/unit/support/test.h"

#include "tests/unit/support/web_call.h"
#include "upstream/web/membership.h"

#define HOST "https://web.example"
#define STATS                                                                  \
	"/apiv2/kimi.gateway.membership.v2.MembershipService/"                 \
	"GetSubscriptionStats"

static struct quota_list ask(struct arena *a, long status, const char *body,
			     bool *ok)
{
	struct replay_answer answers[] = {
		{ .method = "POST",
		  .path = HOST STATS,
		  .status = status,
		  .body = body },
		{ 0 },
	};
	struct web_call *w = web_call_new(a, answers);
	struct quota_list list = { .arena = a };

	*ok = web_membership_quotas(&w->call, HOST, &list);
	return list;
}

static void the_used_part_and_its_end_are_read(void **state)
{
	static const char *const bodies[] = {
		"{\"subscriptionBalance\":{\"amountUsedRatio\":0.25,"
		"\"expireTime\":\"2030-01-31T00:00:00Z\"}}",
		"{\"subscription_balance\":{\"amount_used_ratio\":0.25,"
		"\"expire_time\":\"2030-01-31T00:00:00.123Z\"}}",
	};

	for (size_t i = 0; i < COUNT(bodies); i++) {
		bool ok;
		struct quota_list list = ask(*state, 200, bodies[i], &ok);

		assert_true(ok);
		assert_int_equal(list.n, 1);
		assert_string_equal(list.items[0].name, "subscription");
		assert_int_equal(list.items[0].used_ppm, 250000);
		assert_int_equal(list.items[0].resets_at,
				 INT64_C(1896048000000));
	}
}

static void without_a_subscription_there_is_nothing(void **state)
{
	static const struct {
		long status;
		const char *body;
		bool ok;
	} rows[] = {
		{ 200, "{}", true },
		{ 200, "{\"subscriptionBalance\":{}}", true },
		{ 404, "{\"code\":\"not_found\"}", true },
		{ 404, "<html>", true },
		{ 401, "{\"code\":\"unauthenticated\"}", false },
		{ 500, "{}", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		bool ok;
		struct quota_list list =
			ask(*state, rows[i].status, rows[i].body, &ok);

		assert_int_equal(ok, rows[i].ok);
		assert_int_equal(list.n, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_used_part_and_its_end_are_read),
		TEST(without_a_subscription_there_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
