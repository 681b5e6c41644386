/* SPDX-License-Identifier: MIT */
/* Who counts as being on this machine. */
#include "tests/unit/support/test.h"

#include "http/loopback.h"
#include "tests/unit/support/string_gateway.h"

static const struct http_request *request_of(struct arena *a,
					     const struct string_gateway *g)
{
	struct http_request *r = arena_alloc(a, sizeof(*r));
	struct error e;

	assert_true(http_request_head(r, a, &g->gateway, NULL, &e));
	return r;
}

static void only_loopback_addresses_are_this_machine(void **state)
{
	static const struct {
		const char *address;
		bool loopback;
	} rows[] = {
		{ "127.0.0.1", true },
		{ "127.8.9.10", true },
		{ "::1", true },
		{ "::ffff:127.0.0.1", true },
		{ "128.0.0.1", false },
		{ "10.0.0.1", false },
		{ "::ffff:10.0.0.1", false },
		{ "fe80::1", false },
		{ "127.0.0.1.evil", false },
		{ "localhost", false },
		{ "", false },
		{ NULL, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct string_gateway *g =
			string_gateway_new(*state, "GET", "/", NULL);

		if (rows[i].address != NULL)
			string_gateway_set(g, "REMOTE_ADDR", rows[i].address);
		assert_int_equal(loopback_client(request_of(*state, g)),
				 rows[i].loopback);
	}
}

static void behind_a_proxy_nobody_is_on_this_machine(void **state)
{
	static const char *const headers[] = { "HTTP_X_FORWARDED_FOR",
					       "HTTP_FORWARDED",
					       "HTTP_X_REAL_IP", "HTTP_VIA" };

	for (size_t i = 0; i < COUNT(headers); i++) {
		struct string_gateway *g =
			string_gateway_new(*state, "GET", "/", NULL);

		string_gateway_set(g, "REMOTE_ADDR", "127.0.0.1");
		string_gateway_set(g, headers[i], "127.0.0.1");
		assert_false(loopback_client(request_of(*state, g)));
	}
}

static void a_page_from_elsewhere_is_foreign(void **state)
{
	static const struct {
		const char *origin;
		bool foreign;
	} rows[] = {
		{ NULL, false },
		{ "http://localhost", false },
		{ "http://localhost:5173", false },
		{ "https://127.0.0.1:8000", false },
		{ "http://[::1]:3000", false },
		{ "http://localhost.evil.example", true },
		{ "http://127.0.0.1.evil.example", true },
		{ "https://evil.example", true },
		{ "https://evil.example//localhost", true },
		{ "null", true },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct string_gateway *g =
			string_gateway_new(*state, "GET", "/", NULL);

		if (rows[i].origin != NULL)
			string_gateway_set(g, "HTTP_ORIGIN", rows[i].origin);
		assert_int_equal(loopback_foreign_page(request_of(*state, g)),
				 rows[i].foreign);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_loopback_addresses_are_this_machine),
		TEST(behind_a_proxy_nobody_is_on_this_machine),
		TEST(a_page_from_elsewhere_is_foreign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
