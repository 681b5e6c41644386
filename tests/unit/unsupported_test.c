/* SPDX-License-Identifier: MIT */
/* Requests for APIs that are not supported, and probes of clients. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "tests/unit/support/site.h"

static const char *asked(struct site *s, const char *method, const char *uri)
{
	return site_ask(s, method, uri,
			strcmp(method, "POST") == 0 ? "{}" : NULL);
}

static void assert_refused(const char *answer, const char *what)
{
	if (memcmp(answer, "Status: 404 ", 12) != 0)
		fail_msg("%s", answer);
	assert_contains(answer, "\"code\":\"unknown_url\"");
	assert_contains(answer, "\"type\":\"invalid_request_error\"");
	assert_contains(answer, what);
	assert_contains(answer, "\r\nAccess-Control-Allow-Origin: *");
	assert_contains(answer, "\r\nx-request-id: req_");
}

static void an_unsupported_api_is_a_404_that_names_it(void **state)
{
	static const char *const rows[][2] = {
		{ "/v1/embeddings", "no embeddings" },
		{ "/embeddings", "no embeddings" },
		{ "/kimi/embeddings", "no embeddings" },
		{ "/kimi/v1/embeddings/", "no embeddings" },
		{ "/v1/v1/embeddings?x=1", "no embeddings" },
		{ "/openai/deployments/d/embeddings", "no embeddings" },
		{ "/c/mine/v1/embeddings", "no embeddings" },
		{ "/v1/moderations", "no moderations" },
		{ "/v1/audio/speech", "no audio" },
		{ "/v1/audio/transcriptions", "no audio" },
		{ "/v1/audio", "no audio" },
		{ "/v1/images/generations", "no images" },
		{ "/v1/videos", "no videos" },
		{ "/v1/videos/v/content", "no videos" },
		{ "/v1/realtime/client_secrets", "no realtime" },
		{ "/v1/batches", "no batches" },
		{ "/v1/batches/b/cancel", "no batches" },
		{ "/v1/fine_tuning/jobs", "no fine-tuning" },
		{ "/v1/assistants", "no assistants" },
		{ "/v1/threads/t/runs", "no threads" },
		{ "/v1/vector_stores/v/files", "no vector stores" },
		{ "/v1/uploads", "no uploads" },
		{ "/v1/evals/e/runs", "no evals" },
		{ "/v1/containers/c", "no containers" },
		{ "/v1/skills", "no skills" },
		{ "/v1/alpha/search", "no search of its own" },
	};
	static const char *const methods[] = { "POST", "GET", "DELETE" };
	struct site *s = site_open(*state, NULL, NULL);

	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t m = 0; m < COUNT(methods); m++)
			assert_refused(asked(s, methods[m], rows[i][0]),
				       rows[i][1]);
}

static void below_messages_the_error_has_their_shape(void **state)
{
	static const char *const paths[] = {
		"/v1/messages/batches",
		"/kimi/v1/messages/batches/b/results",
		"/messages/batches",
		"/v1/messages/none",
	};
	struct site *s = site_open(*state, NULL, NULL);

	for (size_t i = 0; i < COUNT(paths); i++) {
		const char *answer = asked(s, "POST", paths[i]);
		const cJSON *t = parse(*state, site_body(answer));

		assert_memory_equal(answer, "Status: 404 ", 12);
		assert_string_equal(json_text(t, "type"), "error");
		assert_string_equal(json_text(t, "error.type"),
				    "not_found_error");
		assert_contains(json_text(t, "error.message"), "no batches");
		assert_contains(json_text(t, "request_id"), "req_");
	}
}

static void other_unknown_paths_point_to_the_index(void **state)
{
	static const char *const paths[] = {
		"/v1/none", "/v1/embeddingsx", "/v1/xembeddings",
		"/audio/v1/none", /* a mount point of that name */
	};
	struct site *s = site_open(*state, NULL, NULL);

	for (size_t i = 0; i < COUNT(paths); i++)
		assert_refused(asked(s, "GET", paths[i]), "GET /v1 lists");
	assert_contains(asked(s, "GET", "/audio/v1/models"), "Status: 200 ");
}

static void a_websocket_is_refused_at_once(void **state)
{
	static const char *const paths[] = { "/v1/responses", "/responses",
					     "/kimi/v1/responses" };
	struct site *s = site_open(*state, NULL, NULL);

	for (size_t i = 0; i < COUNT(paths); i++) {
		const char *answer = asked(s, "GET", paths[i]);

		assert_memory_equal(answer, "Status: 426 Upgrade Required", 28);
		assert_contains(answer, "\"code\":\"upgrade_required\"");
		assert_contains(answer, "WebSocket is not supported");
		assert_contains(answer, "POST /v1/responses");
		assert_contains(answer, "\r\nAccess-Control-Allow-Origin: *");
		answer = asked(s, "HEAD", paths[i]);
		assert_memory_equal(answer, "Status: 426 ", 12);
		assert_string_equal(site_body(answer), "");
	}
}

static void probes_are_answered_without_a_key(void **state)
{
	static const char *const paths[] = { "/", "/api/hello", "/health",
					     "/kimi/api/hello" };
	struct site *s = site_open(*state, NULL, NULL);

	for (size_t i = 0; i < COUNT(paths); i++) {
		struct string_gateway *g =
			site_request(s, "HEAD", paths[i], NULL);
		const char *answer;

		string_gateway_set(g, "HTTP_AUTHORIZATION", NULL);
		answer = site_serve(s, g);
		assert_memory_equal(answer, "Status: 200 ", 12);
		assert_string_equal(site_body(answer), "");
		assert_non_null(json_text(
			parse(*state, site_body(asked(s, "GET", paths[i]))),
			strcmp(paths[i], "/") == 0 ? "name" : "status"));
	}
}

static void hello_needs_no_database_health_does(void **state)
{
	struct site *s = site_open(*state, "KIMI_DB=/dev/null/kimi.db\n", NULL);

	assert_contains(asked(s, "GET", "/api/hello"), "Status: 200 ");
	assert_contains(asked(s, "GET", "/health"), "Status: 503 ");
}

static void models_cannot_be_deleted(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	const char *answer = asked(s, "DELETE", "/v1/models/k2");

	assert_contains(answer, "Status: 405 ");
	assert_contains(answer, "\r\nAllow: GET, HEAD, OPTIONS\r\n");
	assert_contains(answer, "\"code\":\"method_not_supported\"");
	assert_contains(answer, "\r\nAccess-Control-Allow-Origin: *");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_unsupported_api_is_a_404_that_names_it),
		TEST(below_messages_the_error_has_their_shape),
		TEST(other_unknown_paths_point_to_the_index),
		TEST(a_websocket_is_refused_at_once),
		TEST(probes_are_answered_without_a_key),
		TEST(hello_needs_no_database_health_does),
		TEST(models_cannot_be_deleted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
