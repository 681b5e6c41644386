/* SPDX-License-Identifier: MIT */
/* What is left of an account: asked for, kept, told. */
#include "tests/unit/support/test.h"

#include "store/quotas.h"
#include "tests/unit/support/database.h"
#include "tests/unit/support/site.h"
#include "tests/unit/support/web_call.h"
#include "upstream/services.h"

#define BALANCE(available)                                                     \
	"{\"code\":0,\"data\":{\"available_balance\":" available               \
	",\"voucher_balance\":46.58,\"cash_balance\":-3.0}}"

static void a_balance_is_money_of_the_region(void **state)
{
	static const struct {
		const char *url, *available, *currency;
		int64_t nano;
	} rows[] = {
		{ "https://api.moonshot.cn/v1", BALANCE("49.58894"), "CNY",
		  INT64_C(49588940000) },
		{ "https://api.moonshot.ai/v1", BALANCE("0"), "USD", 0 },
		{ "https://api.moonshot.ai/v1", BALANCE("-0.5"), "USD",
		  INT64_C(-500000000) },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *a = *state;
		struct replay_answer answers[] = {
			{ .method = "GET",
			  .path = arena_printf(a, "%s/users/me/balance",
					       rows[i].url),
			  .status = 200,
			  .body = rows[i].available },
			{ 0 },
		};
		struct web_call *w = web_call_new(a, answers);
		struct quota_list list = { .arena = a };

		w->config.platform_urls =
			config_list_parse(a, rows[i].url, ',');
		assert_true(upstream_platform.quotas(&w->call, &list));
		assert_int_equal(list.n, 1);
		assert_string_equal(list.items[0].name, "balance");
		assert_string_equal(list.items[0].currency, rows[i].currency);
		assert_int_equal(list.items[0].remaining, rows[i].nano);
		assert_int_equal(quota_is_used_up(&list.items[0]),
				 rows[i].nano <= 0);
	}
}

static void the_last_answer_is_kept(void **state)
{
	struct arena *a = *state;
	const char *path = database_path(a);
	struct store *s = database_open(a, path);
	struct quota_list list = { .arena = a }, found = { .arena = a };
	struct quota q = quota_named("5 hours");
	struct error e;

	q.used_ppm = 250000;
	q.resets_at = 77;
	quota_add(&list, &q);
	q = quota_named("balance");
	q.remaining = -5;
	q.currency = "CNY";
	quota_add(&list, &q);
	assert_true(store_quotas_save(s, "f", &list, &e));
	assert_true(store_quotas_load(s, "f", &found, &e));
	assert_int_equal(found.n, 2);
	assert_string_equal(found.items[0].name, "5 hours");
	assert_int_equal(found.items[0].used_ppm, 250000);
	assert_true(found.items[0].remaining == QUOTA_UNKNOWN);
	assert_int_equal(found.items[0].resets_at, 77);
	assert_int_equal(found.items[0].seen_at, list.items[0].seen_at);
	assert_int_equal(found.items[1].remaining, -5);
	assert_string_equal(found.items[1].currency, "CNY");
	list.n = 1;
	assert_true(store_quotas_save(s, "f", &list, &e));
	found.n = 0;
	assert_true(store_quotas_load(s, "f", &found, &e));
	assert_int_equal(found.n, 1);
}

static void while_kimi_cannot_be_asked_the_last_answer_is_told(void **state)
{
	struct replay_answer answers[] = {
		{ .method = "GET",
		  .path = "/users/me/balance",
		  .status = 200,
		  .body = BALANCE("49.58") },
		{ .method = "GET",
		  .path = "/users/me/balance",
		  .status = 503,
		  .body = "{}" },
		{ 0 },
	};
	struct site *s =
		site_open(*state, "KIMI_TOKENS=" SITE_PLATFORM "\n", answers);
	const cJSON *first = parse(
		*state, site_body(site_ask(s, "GET", "/v1/usages", NULL)));
	const cJSON *second = parse(
		*state, site_body(site_ask(s, "GET", "/v1/usages", NULL)));
	const char *seen = json_text(first, "data.0.windows.0.seen_at");

	assert_string_equal(json_text(first, "data.0.windows.0.window"),
			    "balance");
	assert_null(json_text(first, "data.0.error"));
	assert_non_null(json_text(second, "data.0.error"));
	assert_true(
		json_at(second, "data.0.windows.0.remaining")->valuedouble ==
		49.58);
	assert_string_equal(json_text(second, "data.0.windows.0.seen_at"),
			    seen);
}

static void what_the_owner_has_to_do_is_told(void **state)
{
	struct replay_answer answers[] = {
		{ .method = "POST",
		  .path = "/chat/completions",
		  .status = 401,
		  .body = "{\"error\":{\"message\":\"Invalid "
			  "Authentication\"}}" },
		{ .method = "GET",
		  .path = "/users/me/balance",
		  .status = 401,
		  .body = "{}" },
		{ 0 },
	};
	struct site *s =
		site_open(*state, "KIMI_TOKENS=" SITE_PLATFORM "\n", answers);
	const char *said = site_ask(
		s, "POST", "/v1/chat/completions",
		"{\"model\":\"kimi-k3\",\"messages\":[{\"role\":\"user\","
		"\"content\":\"hi\"}]}");
	const cJSON *usages = parse(
		*state, site_body(site_ask(s, "GET", "/v1/usages", NULL)));
	const char *advice = json_text(usages, "data.0.advice");

	assert_non_null(advice);
	assert_contains(advice, "its owner has to make a new key at");
	assert_contains(said, advice);
	assert_string_equal(database_text(*state, s->db_path,
					  "SELECT error FROM v_errors"),
			    advice);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_balance_is_money_of_the_region),
		TEST(the_last_answer_is_kept),
		TEST(while_kimi_cannot_be_asked_the_last_answer_is_told),
		TEST(what_the_owner_has_to_do_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
