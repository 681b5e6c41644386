/* SPDX-License-Identifier: MIT */
/* Whole requests that do not need Kimi: heads, CORS, limits, setup. */
#include "tests/unit/support/test.h"

#include <string.h>
#include <unistd.h>

#include "app/routes.h"
#include "tests/unit/support/database.h"
#include "tests/unit/support/files.h"
#include "tests/unit/support/site.h"

#define CHAT "/v1/chat/completions"

static void every_response_has_an_id_and_cors_headers(void **state)
{
	static const char *const requests[][2] = {
		{ "GET", "/" },		 { "GET", "/healthz" },
		{ "GET", "/v1/models" }, { "GET", "/nothing" },
		{ "PUT", "/v1/models" }, { "POST", CHAT },
		{ "OPTIONS", CHAT },	 { "GET", "/v1/%zz" },
	};
	struct site *s = site_open(*state, NULL, NULL);

	for (size_t i = 0; i < COUNT(requests); i++) {
		struct string_gateway *g =
			site_request(s, requests[i][0], requests[i][1], NULL);
		const char *answer = site_serve(s, g);

		assert_memory_equal(answer, "Status: ", 8);
		assert_contains(answer, "\r\nx-request-id: req_");
		assert_contains(answer, "\r\nrequest-id: req_");
		assert_contains(answer, "\r\nAccess-Control-Allow-Origin: *");
		assert_contains(answer, "Access-Control-Expose-Headers: "
					"x-request-id, request-id, "
					"retry-after, retry-after-ms");
		assert_int_equal(g->finishes, 1);
	}
}

static void the_index_lists_the_endpoints(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	const cJSON *t =
		parse(*state, site_body(site_ask(s, "GET", "/", NULL)));

	assert_string_equal(json_text(t, "name"), "kimi-proxy");
	for (int i = 0; routes[i].pattern != NULL; i++)
		assert_string_equal(
			json_text(t,
				  arena_printf(*state, "endpoints.%d.path", i)),
			routes[i].pattern);
}

static void health_needs_a_database_but_no_key(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	struct string_gateway *g = site_request(s, "GET", "/healthz", NULL);

	string_gateway_set(g, "HTTP_AUTHORIZATION", NULL);
	assert_contains(site_serve(s, g), "{\"status\":\"ok\"}");
	s = site_open(*state, "KIMI_DB=/dev/null/kimi.db\n", NULL);
	assert_contains(site_ask(s, "GET", "/healthz", NULL), "Status: 503 ");
}

static void the_models_are_those_of_the_credentials(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	const char *both = site_ask(s, "GET", "/v1/models", NULL);
	const char *one;
	const cJSON *t = parse(*state, site_body(both));

	assert_contains(both, "\"id\":\"k2\"");
	assert_contains(both, "\"id\":\"kimi-k3\"");
	assert_string_equal(json_text(t, "object"), "list");
	assert_string_equal(json_text(t, "first_id"),
			    json_text(t, "data.0.id"));
	assert_string_equal(json_text(t, "data.0.object"), "model");
	assert_string_equal(json_text(t, "data.0.type"), "model");
	assert_true(json_int(t, "data.0.created", 0) > 1700000000);
	assert_non_null(json_text(t, "data.0.owned_by"));
	s = site_open(*state,
		      "#\nKIMI_TOKENS=" SITE_WEB "\n"
		      "DEFAULT_AUTHKEYS=" SITE_KEY "\n",
		      NULL);
	one = site_ask(s, "GET", "/v1/models", NULL);
	assert_contains(one, "\"id\":\"k2\"");
	assert_lacks(one, "kimi-k3");
}

static void one_model_is_found_by_its_name(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	const char *answer = site_ask(s, "GET", "/v1/models/k1%2E5", NULL);

	assert_contains(answer, "Status: 200 ");
	assert_contains(site_body(answer), "\"id\":\"k1.5\"");
	answer = site_ask(s, "GET", "/v1/models/gpt", NULL);
	assert_contains(answer, "Status: 404 ");
	assert_contains(answer, "model_not_found");
}

static void head_gets_the_headers_of_get(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	const char *answer = site_ask(s, "HEAD", "/v1/models", NULL);

	assert_contains(answer, "Status: 200 ");
	assert_contains(answer, "Content-Length: ");
	assert_lacks(answer, "Content-Length: 0");
	assert_string_equal(site_body(answer), "");
}

static void a_wrong_method_gets_the_allowed_ones(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	const char *answer = site_ask(s, "PUT", CHAT, NULL);

	assert_contains(answer, "Status: 405 ");
	assert_contains(answer, "\r\nAllow: GET, HEAD, POST, OPTIONS\r\n");
	assert_contains(answer, "method_not_supported");
}

static void a_preflight_needs_no_key(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	struct string_gateway *g = site_request(s, "OPTIONS", CHAT, NULL);
	const char *answer;

	string_gateway_set(g, "HTTP_AUTHORIZATION", NULL);
	string_gateway_set(g, "HTTP_ORIGIN", "https://app.example");
	string_gateway_set(g, "HTTP_ACCESS_CONTROL_REQUEST_HEADERS",
			   "authorization, x-stainless-os\r\nx-evil: 1");
	string_gateway_set(g, "HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK",
			   "true");
	answer = site_serve(s, g);
	assert_memory_equal(answer, "Status: 204 No Content", 22);
	assert_contains(answer, "Access-Control-Allow-Headers: authorization, "
				"x-stainless-osx-evil 1\r\n");
	assert_contains(answer, "Access-Control-Allow-Methods: GET, POST, "
				"DELETE, OPTIONS, HEAD\r\n");
	assert_contains(answer, "Access-Control-Max-Age: 86400\r\n");
	assert_contains(answer, "Access-Control-Allow-Private-Network: true");
	assert_string_equal(site_body(answer), "");
}

static const char *asked_from(struct site *s, const char *origin)
{
	struct string_gateway *g = site_request(s, "GET", "/", NULL);

	string_gateway_set(g, "HTTP_ORIGIN", origin);
	return site_serve(s, g);
}

static void allowed_origins_are_echoed_others_are_not(void **state)
{
	struct site *s = site_open(
		*state,
		"KIMI_CORS_ORIGINS=https://a.example, https://b.example\n",
		NULL);

	assert_contains(asked_from(s, "https://b.example"),
			"Access-Control-Allow-Origin: https://b.example\r\n");
	assert_contains(asked_from(s, "https://b.example"), "Vary: Origin");
	assert_lacks(asked_from(s, "https://c.example"), "Allow-Origin");
	assert_contains(asked_from(s, "https://c.example"), "Vary: Origin");
	assert_lacks(asked_from(s, NULL), "Allow-Origin");
}

static const char *refusal(struct site *s, const char *body)
{
	return site_ask(s, "POST", CHAT, body);
}

static void malformed_bodies_are_refused(void **state)
{
	static const char *const bodies[] = {
		NULL,
		"",
		"{",
		"[]",
		"{\"model\":\"k2\"}",
		"{\"model\":\"k2\",\"messages\":[]}",
		"{\"model\":\"k2\",\"messages\":\"\xFF\"}",
	};
	struct site *s = site_open(*state, NULL, NULL);

	for (size_t i = 0; i < COUNT(bodies); i++) {
		const char *answer = refusal(s, bodies[i]);

		assert_contains(answer, "Status: 400 ");
		assert_contains(answer, "invalid_request_error");
	}
}

static void a_body_over_the_limit_is_a_413(void **state)
{
	struct site *s = site_open(*state, "KIMI_MAX_BODY=1024\n", NULL);
	char *body = arena_alloc(*state, 1026);

	memset(body, ' ', 1025);
	assert_contains(refusal(s, body), "Status: 413 ");
	assert_contains(refusal(s, body), "KIMI_MAX_BODY");
	body[1024] = '\0';
	assert_contains(refusal(s, body), "Status: 400 ");
}

static const char *const body_paths[] = {
	"/v1/chat/completions",
	"/v1/completions",
	"/v1/responses",
	"/v1/responses/input_tokens",
	"/v1/messages",
	"/v1/messages/count_tokens",
	"/v1/conversations",
	"/v1/files",
	"/v1/tokenizers/estimate-token-count",
};

static void an_unknown_encoding_is_a_415_on_every_route(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);

	for (size_t i = 0; i < COUNT(body_paths); i++) {
		struct string_gateway *g =
			site_request(s, "POST", body_paths[i], "body");
		const char *answer;

		string_gateway_set(g, "HTTP_CONTENT_ENCODING", "gzip, lzma");
		string_gateway_set(g, "CONTENT_TYPE",
				   "multipart/form-data; boundary=b");
		answer = site_serve(s, g);
		assert_contains(answer, "Status: 415 ");
		assert_contains(answer, "'lzma' is not supported");
		assert_contains(answer, "Accept-Encoding: gzip, deflate, br, "
					"zstd\r\n");
		assert_contains(answer, strstr(body_paths[i], "messages") ?
						"{\"type\":\"error\"" :
						"unsupported_content_encoding");
		assert_int_equal(g->body_left, 0);
	}
}

static void without_a_body_an_encoding_means_nothing(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	struct string_gateway *g = site_request(s, "GET", "/v1/models", NULL);

	string_gateway_set(g, "HTTP_CONTENT_ENCODING", "lzma");
	assert_contains(site_serve(s, g), "Status: 200 ");
	g = site_request(s, "POST", CHAT, "");
	string_gateway_set(g, "HTTP_CONTENT_ENCODING", "gzip");
	assert_contains(site_serve(s, g), "The body is empty");
}

static void conversation_ids_are_checked(void **state)
{
	static const struct {
		const char *id, *status;
	} rows[] = {
		{ "chatcmpl-x", "400" },
		{ "a%20b", "400" },
		{ "a/b", "400" },
		{ "%E4%BD%A0", "400" },
		{ "a%22b", "400" },
		{ "a.b_c~d:e@f-g", "404" }, /* the model is unknown */
		{ "a%2Eb", "404" },
	};
	struct site *s = site_open(*state,
				   "#\nKIMI_TOKENS=" SITE_WEB
				   "\nDEFAULT_AUTHKEYS=" SITE_KEY "\n",
				   NULL);
	char id[130] = { 0 };
	const char *path;

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *answer = site_ask(
			s, "POST", arena_printf(*state, CHAT "/%s", rows[i].id),
			"{\"model\":\"x\",\"messages\":[{\"role\":\"user\","
			"\"content\":\"Hi\"}]}");

		if (memcmp(answer + 8, rows[i].status, 3) != 0)
			fail_msg("%s: %s", rows[i].id, answer);
		if (strcmp(rows[i].status, "400") == 0)
			assert_contains(answer, "conversation_id");
	}
	memset(id, 'a', 129);
	path = arena_printf(*state, CHAT "/%s", id);
	assert_contains(site_ask(s, "POST", path,
				 "{\"model\":\"x\",\"messages\":[{\"role\":"
				 "\"user\",\"content\":\"Hi\"}]}"),
			"Status: 400 ");
}

static void a_broken_configuration_is_a_clear_503(void **state)
{
	struct site *s = site_open(*state, "KIMI_WORKERS=s3cret\n", NULL);
	static const char *const paths[] = { "/", "/v1/models", "/healthz" };
	size_t n;

	for (size_t i = 0; i < COUNT(paths); i++) {
		const char *answer = site_ask(s, "GET", paths[i], NULL);

		assert_contains(answer, "Status: 503 ");
		assert_contains(answer, "KIMI_WORKERS");
		assert_lacks(answer, "s3cret");
	}
	assert_lacks(files_read(*state, s->log_path, &n), "s3cret");
}

static void refused(struct site *s, const char *document_root)
{
	struct string_gateway *g = site_request(s, "POST", CHAT, "{}");
	struct error why;

	error_set(&why, ERROR_FULL, "All are busy.");
	string_gateway_set(g, "DOCUMENT_ROOT", document_root);
	worker_refuse(&s->apps, &g->gateway, &why);
	assert_contains(buf_text(&g->out), "Status: 503 ");
}

static void a_database_that_may_not_be_used_gets_no_row(void **state)
{
	struct site *s = site_open(*state, "KIMI_WORKERS=many\n", NULL);

	refused(s, "/nowhere");
	assert_int_equal(access(s->db_path, F_OK), -1);
	s = site_open(*state, NULL, NULL);
	refused(s, s->folder);
	assert_int_equal(access(s->db_path, F_OK), -1);
	refused(s, "/nowhere");
	assert_int_equal(access(s->db_path, F_OK), 0);
}

/* No key is known that would let anybody learn more. */
static void a_file_that_cannot_be_read_is_told_to_anybody(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	struct string_gateway *g = site_request(s, "GET", "/v1/models", NULL);
	const char *answer;

	string_gateway_set(g, "KIMI_CONFIG",
			   arena_printf(*state, "%s/none.conf", s->folder));
	string_gateway_set(g, "HTTP_AUTHORIZATION", "");
	answer = site_serve(s, g);
	assert_contains(answer, "Status: 503 ");
	assert_contains(answer, "none.conf cannot be read: No such file");
	assert_lacks(answer, s->folder);
}

static void a_bad_credential_is_a_bad_value(void **state)
{
	static const struct {
		const char *tokens, *why;
	} rows[] = {
		{ SITE_WEB ",sk- s3cret",
		  "credential 2 of KIMI_TOKENS contains white space." },
		{ "web:," SITE_WEB, "credential 1 of KIMI_TOKENS is empty." },
		{ "[\"s3cret\",\"b\",\"c\"]",
		  "credential 1 of KIMI_TOKENS contains a quote: if the browser "
		  "shows a list, join its parts with '.'." },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct site *s =
			site_open(*state,
				  arena_printf(*state,
					       "#\nDEFAULT_AUTHKEYS=" SITE_KEY
					       "\nKIMI_TOKENS=%s\n",
					       rows[i].tokens),
				  NULL);
		const char *wanted = arena_printf(
			*state, "kimi.conf line 7: %s", rows[i].why);
		const char *answer = site_ask(s, "GET", "/v1/models", NULL);
		size_t n;

		assert_contains(answer, "Status: 503 ");
		assert_contains(answer, wanted);
		assert_contains(files_read(*state, s->log_path, &n), wanted);
		assert_lacks(files_read(*state, s->log_path, &n), "s3cret");
	}
}

static void an_unknown_time_zone_is_a_bad_value(void **state)
{
	struct site *s = site_open(*state, "KIMI_TIMEZONE=Berlin\n", NULL);
	const char *answer = site_ask(s, "GET", "/v1/models", NULL);

	assert_contains(answer, "Status: 503 ");
	assert_contains(answer,
			"KIMI_TIMEZONE: There is no time zone 'Berlin'");
	s = site_open(*state, "KIMI_TIMEZONE=Europe/Berlin\n", NULL);
	assert_contains(site_ask(s, "GET", "/healthz", NULL), "Status: 200 ");
}

static void each_request_is_one_line_in_the_log(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	const char *log,
		*answer = site_ask(s, "GET", "/v1/models?key=hidden", NULL);
	const char *id = strstr(answer, "req_");
	size_t n;

	log = files_read(*state, s->log_path, &n);
	assert_contains(log, arena_copy_n(*state, id, 28));
	assert_contains(log, "GET /v1/models 200");
	assert_lacks(log, "hidden");
	assert_int_equal(strcspn(log, "\n"), n - 1);
	site_ask(s, "GET", "/", NULL);
	assert_contains(files_read(*state, s->log_path, &n),
			" request GET / 200 ");
}

static void a_request_may_name_its_configuration(void **state)
{
	struct site *one = site_open(*state, NULL, NULL);
	struct site *two =
		site_open(*state, "#\nKIMI_TOKENS=" SITE_WEB "\n", NULL);
	struct string_gateway *g = site_request(one, "GET", "/v1/models", NULL);

	string_gateway_set(g, "KIMI_CONFIG", two->config_path);
	assert_lacks(site_serve(one, g), "kimi-k3");
	assert_contains(site_ask(one, "GET", "/v1/models", NULL), "kimi-k3");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_response_has_an_id_and_cors_headers),
		TEST(the_index_lists_the_endpoints),
		TEST(health_needs_a_database_but_no_key),
		TEST(the_models_are_those_of_the_credentials),
		TEST(one_model_is_found_by_its_name),
		TEST(head_gets_the_headers_of_get),
		TEST(a_wrong_method_gets_the_allowed_ones),
		TEST(a_preflight_needs_no_key),
		TEST(allowed_origins_are_echoed_others_are_not),
		TEST(malformed_bodies_are_refused),
		TEST(a_body_over_the_limit_is_a_413),
		TEST(an_unknown_encoding_is_a_415_on_every_route),
		TEST(without_a_body_an_encoding_means_nothing),
		TEST(conversation_ids_are_checked),
		TEST(a_broken_configuration_is_a_clear_503),
		TEST(a_database_that_may_not_be_used_gets_no_row),
		TEST(a_file_that_cannot_be_read_is_told_to_anybody),
		TEST(a_bad_credential_is_a_bad_value),
		TEST(an_unknown_time_zone_is_a_bad_value),
		TEST(each_request_is_one_line_in_the_log),
		TEST(a_request_may_name_its_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
