/* SPDX-License-Identifier: MIT */
/* Error texts name the host, and nothing else of a URL. */
#include "tests/unit/support/test.h"

#include "http/peer_name.h"

static void it_is_the_host_of_the_url(void **state)
{
	static const char *const rows[][2] = {
		{ "https://api.kimi.com/coding/v1/models",
		  "Kimi (api.kimi.com)" },
		{ "http://127.0.0.1:8080/v1", "Kimi (127.0.0.1:8080)" },
		{ "https://[::1]:8443", "Kimi ([::1]:8443)" },
		{ "https://files.example?signature=s3cret",
		  "Kimi (files.example)" },
	};
	char name[64];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct http_call call = { .url = rows[i][0] };

		assert_string_equal(peer_name(&call, "Kimi", name,
					      sizeof(name)),
				    rows[i][1]);
	}
}

static void a_host_that_a_client_named_is_not_told(void **state)
{
	const struct http_call call = { .url = "https://intranet.example/x",
					.address = "192.0.2.1" };
	char name[64];

	(void)state;
	assert_string_equal(peer_name(&call, "Kimi", name, sizeof(name)),
			    "Kimi");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_is_the_host_of_the_url),
		TEST(a_host_that_a_client_named_is_not_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
