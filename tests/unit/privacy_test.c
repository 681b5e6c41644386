/* SPDX-License-Identifier: MIT */
/* What must not stay at Kimi, and what must not reach a client. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "tests/unit/support/attached.h"

#define DELETED                                                                \
	{                                                                      \
		.method = "DELETE", .path = "/files/f-1", .status = 200,       \
		.body = "{}"                                                   \
	}

/* The files that were deleted at Kimi after one request. */
static size_t deletions(struct arena *a, const char *parts, const char *store)
{
	struct replay_answer answers[] = {
		TAKES("f-1"), READS("f-1", 200, "{\"content\":\"It says x.\"}"),
		SAID,	      DELETED,
		{ 0 },
	};
	struct site *s = site_open(a, NULL, answers);
	const char *id = attached_upload(s, SITE_KEY, "a.pdf", "%PDF-1.4");
	size_t n = 0;

	attached_seen(s,
		      arena_printf(a,
				   "{\"model\":\"kimi-k3\",\"messages\":[{"
				   "\"role\":\"user\",\"content\":[%s]}]%s}",
				   parts == NULL ? arena_printf(a, KEPT, id) :
						   parts,
				   store));
	for (size_t i = 0; i < s->replay.n_calls; i++)
		n += strcmp(s->replay.calls[i].method, "DELETE") == 0;
	return n;
}

static void a_document_of_an_ephemeral_request_is_deleted_at_kimi(void **state)
{
	const char *document = BROUGHT(PDF, "a.pdf");

	assert_int_equal(deletions(*state, document, ",\"store\":false"), 1);
	assert_int_equal(deletions(*state, document, ""), 0);
}

/* It is the client's to delete. */
static void an_uploaded_file_outlives_an_ephemeral_request(void **state)
{
	assert_int_equal(deletions(*state, NULL, ",\"store\":false"), 0);
}

#define OWN "opaque-refresh-token"
#define ACCESS "opaque-access-token"

/* The response to a request, when Kimi fails it with that text. */
static const char *failing(struct arena *a, const char *text)
{
	struct replay_answer answers[] = {
		{ .method = "GET",
		  .path = "/api/auth/token/refresh",
		  .status = 200,
		  .body = "{\"access_token\":\"" ACCESS
			  "\",\"refresh_token\":\"" OWN "\"}" },
		CREATES("c1"),
		COMPLETES("c1", 400,
			  arena_printf(a,
				       "{\"error_type\":\"some.error\","
				       "\"message\":\"%s\"}",
				       text)),
		DELETES("c1"),
		{ 0 },
	};

	return site_ask(site_open(a, "KIMI_TOKENS=web:" OWN "\n", answers),
			"POST", CHAT, WEB(SAYS("A")));
}

static void an_error_of_kimi_never_quotes_a_token(void **state)
{
	const char *response =
		failing(*state, "bad token " ACCESS " for " OWN "!");

	assert_contains(response, "Kimi says: bad token ...");
	assert_lacks(response, ACCESS);
	assert_lacks(response, OWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_document_of_an_ephemeral_request_is_deleted_at_kimi),
		TEST(an_uploaded_file_outlives_an_ephemeral_request),
		TEST(an_error_of_kimi_never_quotes_a_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
