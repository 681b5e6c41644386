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

		string_gateway_set(g, "HTTP_HOST", "localhost");
		if (rows[i].address != NULL)
			string_gateway_set(g, "REMOTE_ADDR", rows[i].address);
		assert_int_equal(loopback_client(request_of(*state, g)),
				 rows[i].loopback);
	}
}

static bool is_local(struct arena *a, const char *host, const char *header,
		     const char *value)
{
	struct string_gateway *g = string_gateway_new(a, "GET", "/", NULL);

	string_gateway_set(g, "REMOTE_ADDR", "127.0.0.1");
	if (host != NULL)
		string_gateway_set(g, "HTTP_HOST", host);
	if (header != NULL)
		string_gateway_set(g, header, value);
	return loopback_client(request_of(a, g));
}

static void behind_a_proxy_nobody_is_on_this_machine(void **state)
{
	static const char *const headers[] = {
		"HTTP_X_FORWARDED_FOR",	   "HTTP_FORWARDED",
		"HTTP_X_REAL_IP",	   "HTTP_VIA",
		"HTTP_CF_CONNECTING_IP",   "HTTP_CF_RAY",
		"HTTP_X_FORWARDED_PROTO",  "HTTP_X_FORWARDED_HOST",
		"HTTP_X_FORWARDED_SERVER", "HTTP_TRUE_CLIENT_IP",
		"HTTP_X_CLIENT_IP",	   "HTTP_CDN_LOOP",
	};

	assert_true(is_local(*state, "localhost", NULL, NULL));
	for (size_t i = 0; i < COUNT(headers); i++) {
		assert_false(
			is_local(*state, "localhost", headers[i], "127.0.0.1"));
		assert_false(is_local(*state, "localhost", headers[i], ""));
	}
}

static void a_header_is_a_proxys_by_its_whole_name(void **state)
{
	static const char *const others[] = { "HTTP_VI", "HTTP_VIAX", "VIA",
					      "XHTTP_VIA", "HTTP_" };

	for (size_t i = 0; i < COUNT(others); i++)
		assert_true(is_local(*state, "localhost", others[i], "x"));
}

/* A name of the attacker's that resolves to 127.0.0.1 gets a browser here. */
static void the_host_asked_for_is_this_machine(void **state)
{
	static const struct {
		const char *host;
		bool local;
	} rows[] = {
		{ "localhost", true },
		{ "LocalHost:8000", true },
		{ "localhost.", true },
		{ "localhost.:80", true },
		{ "127.0.0.1", true },
		{ "127.0.0.1:8000", true },
		{ "127.8.9.10", true },
		{ "[::1]", true },
		{ "[::1]:8000", true },
		{ "[::ffff:127.0.0.1]:80", true },
		{ "localhost:", true },
		{ NULL, false },
		{ "", false },
		{ ".", false },
		{ ":80", false },
		{ "evil.example", false },
		{ "evil.example:8000", false },
		{ "localhost.evil.example", false },
		{ "localhost..", false },
		{ "evil.localhost", false },
		{ "127.0.0.1.evil.example", false },
		{ "127.0.0.1.evil.example:80", false },
		{ "localhost:80@evil.example", false },
		{ "evil.example, localhost", false },
		{ "localhost, evil.example", false },
		{ "localhost evil.example", false },
		{ "127.1", false },
		{ "2130706433", false },
		{ "0x7f.0.0.1", false },
		{ "0.0.0.0", false },
		{ "192.0.2.7", false },
		{ "::1", false },
		{ "[::1", false },
		{ "[::1]x", false },
		{ "[::2]", false },
		{ "[127.0.0.1]", false },
		{ "[localhost]", false },
		{ "[]", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (is_local(*state, rows[i].host, NULL, NULL) != rows[i].local)
			fail_msg("%s", rows[i].host);
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
		{ "http://127.0.0.2:3000", false },
		{ "HTTP://LOCALHOST:3000", false },
		{ "http://[::1]evil.example", true },
		{ "http://localhost/x", true },
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
		TEST(a_header_is_a_proxys_by_its_whole_name),
		TEST(the_host_asked_for_is_this_machine),
		TEST(a_page_from_elsewhere_is_foreign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
