/* SPDX-License-Identifier: MIT */
/* The headers of a request to an upstream. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "http/call_options.h"

/* All lines, each ended by "\n". */
static const char *lines(struct arena *a, const struct http_call *call)
{
	struct curl_slist *headers;
	struct libcurl curl;
	const char *all = "";
	struct error e;

	assert_true(libcurl_load(&curl, NULL, &e));
	headers = call_options_headers(&curl, call, NULL);
	for (const struct curl_slist *h = headers; h != NULL; h = h->next)
		all = arena_printf(a, "%s%s\n", all, h->data);
	curl.slist_free_all(headers);
	return all;
}

static void a_request_says_what_it_accepts_and_sends(void **state)
{
	struct http_call call = { .method = "GET" };

	assert_string_equal(lines(*state, &call),
			    "Accept: application/json\nExpect:\n");
	call.accept = "text/event-stream";
	call.type = "text/plain";
	call.body = "hello";
	assert_string_equal(lines(*state, &call),
			    "Accept: text/event-stream\nExpect:\n"
			    "Content-Type: text/plain\n");
}

static void a_credential_is_shown_unless_a_header_does(void **state)
{
	static const char *const own[] = { "x-own: 1", "authorization: Own",
					   NULL };
	struct http_call call = { .method = "GET", .bearer = "sk-long" };

	assert_contains(lines(*state, &call),
			"\nAuthorization: Bearer sk-long\n");
	call.headers = own;
	assert_contains(lines(*state, &call),
			"\nx-own: 1\nauthorization: Own\n");
	assert_null(strstr(lines(*state, &call), "sk-long"));
}

static void a_long_credential_is_shown_whole(void **state)
{
	char *token = arena_alloc(*state, 100000);
	struct http_call call = { .method = "GET", .bearer = token };

	memset(token, 'x', 99999);
	token[99999] = '\0';
	assert_contains(lines(*state, &call),
			arena_printf(*state, "Bearer %s\n", token));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_request_says_what_it_accepts_and_sends),
		TEST(a_credential_is_shown_unless_a_header_does),
		TEST(a_long_credential_is_shown_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
