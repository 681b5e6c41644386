/* SPDX-License-Identifier: MIT */
/* Responses: heads, bodies, events, errors, and a client that left. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "dialect/dialect.h"
#include "http/response.h"
#include "tests/unit/support/string_gateway.h"

#define HEAD_LIMIT 16384 /* of a response */

struct out {
	struct string_gateway *gateway;
	struct sink sink;
	struct response response;
};

static void drop_response(void *response)
{
	response_fini(response);
}

static struct out *out_new(struct arena *a, bool no_body)
{
	struct out *o = arena_alloc(a, sizeof(*o));

	o->gateway = string_gateway_new(a, "GET", "/", NULL);
	sink_init(&o->sink, &o->gateway->gateway);
	response_init(&o->response, &o->sink, no_body);
	arena_own(a, &o->response, drop_response);
	return o;
}

static void a_json_response_has_head_and_length(void **state)
{
	struct out *o = out_new(*state, false);

	response_header(&o->response, "x-a", "b");
	assert_true(response_json(&o->response, 404, "{}", 2));
	assert_string_equal(buf_text(&o->gateway->out),
			    "Status: 404 Not Found\r\nx-a: b\r\n"
			    "Content-Type: application/json\r\n"
			    "Content-Length: 2\r\n\r\n{}");
	/* It is sent when the gateway finishes. */
	assert_int_equal(o->gateway->flushes, 0);
	assert_int_equal(o->response.status, 404);
}

static void the_response_to_head_has_the_length_but_no_body(void **state)
{
	struct out *o = out_new(*state, true);

	assert_true(response_json(&o->response, 200, "{\"a\":1}", 7));
	assert_contains(buf_text(&o->gateway->out),
			"Content-Length: 7\r\n\r\n");
	assert_lacks(buf_text(&o->gateway->out), "{");
}

static void an_empty_response_is_a_head(void **state)
{
	struct out *o = out_new(*state, false);

	assert_true(response_empty(&o->response, 204));
	assert_string_equal(buf_text(&o->gateway->out),
			    "Status: 204 No Content\r\n\r\n");
}

static void a_header_cannot_smuggle_in_another(void **state)
{
	struct out *o = out_new(*state, false);

	response_header(&o->response, "x-a", "b\r\nx-evil: 1");
	response_header(&o->response, "x-c", "d\x7F\x01");
	response_empty(&o->response, 204);
	assert_contains(buf_text(&o->gateway->out), "x-a: b\r\nx-c: d\r\n");
	assert_lacks(buf_text(&o->gateway->out), "evil");
}

static void a_header_that_does_not_fit_is_left_out_as_a_whole(void **state)
{
	struct out *o = out_new(*state, false);
	char *value = arena_alloc(*state, HEAD_LIMIT);

	memset(value, 'v', HEAD_LIMIT - 1);
	response_header(&o->response, "x-a", "b");
	response_header(&o->response, "x-long", value);
	response_header(&o->response, "x-c", "d");
	assert_true(response_empty(&o->response, 204));
	assert_string_equal(buf_text(&o->gateway->out),
			    "Status: 204 No Content\r\n"
			    "x-a: b\r\nx-c: d\r\n\r\n");
}

static void a_stream_is_flushed_only_on_request(void **state)
{
	struct out *o = out_new(*state, false);

	assert_true(response_stream(&o->response));
	assert_true(response_event(&o->response, "{}", 2));
	assert_true(response_comment(&o->response, "hi"));
	assert_int_equal(o->gateway->flushes, 0);
	assert_true(response_flush(&o->response));
	assert_true(response_flush(&o->response));
	assert_int_equal(o->gateway->flushes, 1);
	assert_contains(buf_text(&o->gateway->out),
			"Content-Type: text/event-stream");
	assert_contains(buf_text(&o->gateway->out), "X-Accel-Buffering: no");
	assert_contains(buf_text(&o->gateway->out),
			"\r\n\r\ndata: {}\n\n: hi\n\n");
	assert_lacks(buf_text(&o->gateway->out), "Content-Length");
}

/* libfcgi reports a lost client once, then succeeds again. */
static void a_failed_write_is_remembered(void **state)
{
	struct out *o = out_new(*state, false);

	o->gateway->max_out = 1;
	assert_false(sink_write(&o->sink, "ab", 2));
	o->gateway->max_out = 0;
	assert_false(sink_write(&o->sink, "c", 1));
	assert_false(sink_flush(&o->sink));
	assert_int_equal(o->gateway->writes, 1);
	assert_int_equal(o->gateway->out.len, 0);
}

static void a_failed_flush_is_remembered(void **state)
{
	struct out *o = out_new(*state, false);

	o->gateway->flush_fails = true;
	assert_true(sink_write(&o->sink, "a", 1));
	assert_false(sink_flush(&o->sink));
	assert_false(sink_flush(&o->sink));
	assert_false(sink_write(&o->sink, "b", 1));
	assert_int_equal(o->gateway->flushes, 1);
	assert_int_equal(o->gateway->writes, 1);
}

static const char *error_of(struct arena *a, enum error_kind kind,
			    int64_t retry_after_ms)
{
	struct out *o = out_new(a, false);
	struct error e;

	error_set(&e, kind, "What came \"so\".");
	e.retry_after_ms = retry_after_ms;
	dialect_openai_chat.error(a, &o->response, &e);
	return buf_text(&o->gateway->out);
}

/* The names of OpenAI's API reference, "Errors". */
static void errors_have_openais_names(void **state)
{
	static const struct {
		enum error_kind kind;
		const char *status, *type, *code;
	} rows[] = {
		{ ERROR_BAD_REQUEST, "400", "invalid_request_error", NULL },
		{ ERROR_MISSING, "400", "invalid_request_error",
		  "missing_required_parameter" },
		{ ERROR_TYPE, "400", "invalid_request_error", "invalid_type" },
		{ ERROR_VALUE, "400", "invalid_request_error",
		  "invalid_value" },
		{ ERROR_UNSUPPORTED, "400", "invalid_request_error",
		  "unsupported_parameter" },
		{ ERROR_CONTEXT_LENGTH, "400", "invalid_request_error",
		  "context_length_exceeded" },
		{ ERROR_CONTENT_FILTER, "400", "invalid_request_error",
		  "content_filter" },
		{ ERROR_API_KEY, "401", "invalid_request_error",
		  "invalid_api_key" },
		{ ERROR_FORBIDDEN, "403", "permission_error", NULL },
		{ ERROR_ROUTE, "404", "invalid_request_error", "unknown_url" },
		{ ERROR_MODEL, "404", "invalid_request_error",
		  "model_not_found" },
		{ ERROR_METHOD, "405", "invalid_request_error",
		  "method_not_supported" },
		{ ERROR_BUSY, "409", "conflict_error", "conversation_locked" },
		{ ERROR_TOO_LARGE, "413", "invalid_request_error",
		  "request_too_large" },
		{ ERROR_RATE_LIMIT, "429", "rate_limit_error",
		  "rate_limit_exceeded" },
		{ ERROR_QUOTA, "429", "insufficient_quota",
		  "insufficient_quota" },
		{ ERROR_INTERNAL, "500", "server_error", "internal_error" },
		{ ERROR_UPSTREAM, "502", "server_error", "upstream_error" },
		{ ERROR_OVERLOADED, "503", "server_error",
		  "server_is_overloaded" },
		{ ERROR_TIMEOUT, "504", "server_error", "upstream_timeout" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *answer = error_of(*state, rows[i].kind, 0);
		const char *code =
			rows[i].code == NULL ?
				"null" :
				arena_printf(*state, "\"%s\"", rows[i].code);

		assert_memory_equal(answer + 8, rows[i].status, 3);
		assert_contains(answer,
				arena_printf(*state,
					     "\r\n\r\n{\"error\":{\"message\":"
					     "\"What came \\\"so\\\".\","
					     "\"type\":\"%s\",\"param\":null,"
					     "\"code\":%s}}",
					     rows[i].type, code));
	}
}

static void every_kind_has_a_reason_phrase(void **state)
{
	for (int i = 0; i < ERROR_KINDS; i++) {
		const char *answer = error_of(*state, (enum error_kind)i, 0);

		assert_contains(answer, "\"type\":\"");
		assert_lacks(answer, "Unknown");
	}
}

static void a_known_wait_is_sent_in_two_units(void **state)
{
	const char *answer = error_of(*state, ERROR_RATE_LIMIT, 1001);

	assert_contains(answer, "Retry-After: 2\r\n");
	assert_contains(answer, "retry-after-ms: 1001\r\n");
	assert_lacks(error_of(*state, ERROR_RATE_LIMIT, 0), "Retry-After");
}

static void errors_that_no_retry_fixes_say_so(void **state)
{
	assert_contains(error_of(*state, ERROR_QUOTA, 0),
			"x-should-retry: false");
	assert_contains(error_of(*state, ERROR_SETUP, 0),
			"x-should-retry: false");
	assert_lacks(error_of(*state, ERROR_RATE_LIMIT, 0), "x-should-retry");
}

static void a_field_is_named(void **state)
{
	struct out *o = out_new(*state, false);
	struct error e;

	error_field(&e, ERROR_VALUE, "messages[2].role", "no");
	dialect_openai_chat.error(*state, &o->response, &e);
	assert_contains(buf_text(&o->gateway->out),
			"\"param\":\"messages[2].role\"");
}

static void an_error_in_a_stream_is_an_event(void **state)
{
	struct out *o = out_new(*state, false);
	struct error e;

	error_set(&e, ERROR_UPSTREAM, "broke");
	response_stream(&o->response);
	dialect_openai_chat.error(*state, &o->response, &e);
	assert_contains(buf_text(&o->gateway->out), "Status: 200 OK");
	assert_contains(buf_text(&o->gateway->out),
			"\r\n\r\ndata: {\"error\":{\"message\":\"broke\"");
	assert_lacks(buf_text(&o->gateway->out), "[DONE]");
	assert_int_equal(o->gateway->flushed, o->gateway->out.len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_json_response_has_head_and_length),
		TEST(the_response_to_head_has_the_length_but_no_body),
		TEST(an_empty_response_is_a_head),
		TEST(a_header_cannot_smuggle_in_another),
		TEST(a_header_that_does_not_fit_is_left_out_as_a_whole),
		TEST(a_stream_is_flushed_only_on_request),
		TEST(a_failed_write_is_remembered),
		TEST(a_failed_flush_is_remembered),
		TEST(errors_have_openais_names),
		TEST(every_kind_has_a_reason_phrase),
		TEST(a_known_wait_is_sent_in_two_units),
		TEST(errors_that_no_retry_fixes_say_so),
		TEST(a_field_is_named),
		TEST(an_error_in_a_stream_is_an_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
