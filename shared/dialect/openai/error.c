/* SPDX-License-Identifier: MIT */
/* OpenAI's names for our errors, and their JSON object. */
#include "dialect/openai/error.h"

#include <stdio.h>

#include "base/buf.h"
#include "dialect/dialect.h"

#define BODY_LIMIT 8192

static const struct {
	const char *type, *code; /* code NULL: null */
	bool final;		 /* SDKs retry 429 and 5xx: not this one */
} names[ERROR_KINDS] = {
	[ERROR_BAD_REQUEST] = { "invalid_request_error", NULL, false },
	[ERROR_MISSING] = { "invalid_request_error",
			    "missing_required_parameter", false },
	[ERROR_TYPE] = { "invalid_request_error", "invalid_type", false },
	[ERROR_VALUE] = { "invalid_request_error", "invalid_value", false },
	[ERROR_UNSUPPORTED] = { "invalid_request_error",
				"unsupported_parameter", false },
	[ERROR_CONTEXT_LENGTH] = { "invalid_request_error",
				   "context_length_exceeded", false },
	[ERROR_PREVIOUS] = { "invalid_request_error",
			     "previous_response_not_found", false },
	[ERROR_CONTENT_FILTER] = { "invalid_request_error", "content_filter",
				   false },
	[ERROR_API_KEY] = { "invalid_request_error", "invalid_api_key", false },
	[ERROR_CREDENTIAL] = { "authentication_error", "invalid_api_key",
			       false },
	[ERROR_FORBIDDEN] = { "permission_error", NULL, false },
	[ERROR_CLIENT_REFUSED] = { "permission_error", NULL, false },
	[ERROR_ROUTE] = { "invalid_request_error", "unknown_url", false },
	[ERROR_MODEL] = { "invalid_request_error", "model_not_found", false },
	[ERROR_NOT_FOUND] = { "invalid_request_error", "not_found", false },
	[ERROR_METHOD] = { "invalid_request_error", "method_not_supported",
			   false },
	[ERROR_BUSY] = { "conflict_error", "conversation_locked", false },
	[ERROR_TOO_LARGE] = { "invalid_request_error", "request_too_large",
			      false },
	[ERROR_UPGRADE] = { "invalid_request_error", "upgrade_required",
			    false },
	[ERROR_RATE_LIMIT] = { "rate_limit_error", "rate_limit_exceeded",
			       false },
	[ERROR_QUOTA] = { "insufficient_quota", "insufficient_quota", true },
	[ERROR_INTERNAL] = { "server_error", "internal_error", false },
	[ERROR_UPSTREAM] = { "server_error", "upstream_error", false },
	[ERROR_OVERLOADED] = { "server_error", "server_is_overloaded", false },
	[ERROR_SETUP] = { "server_error", "not_configured", true },
	[ERROR_FULL] = { "server_error", "server_is_overloaded", false },
	[ERROR_STOPPING] = { "server_error", "server_is_stopping", false },
	[ERROR_TIMEOUT] = { "server_error", "upstream_timeout", false },
	[ERROR_CHAT_GONE] = { "server_error", "upstream_error", false },
	[ERROR_CLIENT_GONE] = { "server_error", "client_closed_request",
				false },
};

const char *openai_error_type(enum error_kind kind)
{
	return names[kind].type;
}

const char *openai_error_code(enum error_kind kind)
{
	return names[kind].code;
}

static void put_error(struct buf *out, const struct error *e)
{
	struct json_writer w;

	json_writer_init(&w, out);
	json_object(&w, NULL);
	json_object(&w, "error");
	json_put_text(&w, "message", e->message);
	json_put_text(&w, "type", names[e->kind].type);
	json_put_text(&w, "param", e->param[0] == '\0' ? NULL : e->param);
	json_put_text(&w, "code", names[e->kind].code);
	json_close_object(&w);
	json_close_object(&w);
}

void dialect_retry_headers(struct response *r, const struct error *e)
{
	char number[32];

	if (names[e->kind].final)
		response_header(r, "x-should-retry", "false");
	if (e->retry_after_ms <= 0)
		return;
	snprintf(number, sizeof(number), "%lld",
		 (long long)(e->retry_after_ms + 999) / 1000);
	response_header(r, "Retry-After", number);
	snprintf(number, sizeof(number), "%lld", (long long)e->retry_after_ms);
	response_header(r, "retry-after-ms", number);
}

bool openai_error(struct arena *a, struct response *r, const struct error *e)
{
	struct buf *out = arena_alloc(a, sizeof(*out));

	buf_init(out, BODY_LIMIT);
	arena_own(a, out, buf_drop);
	put_error(out, e);
	if (r->streaming) {
		response_event(r, out->p, out->len);
		return response_flush(r);
	}
	dialect_retry_headers(r, e);
	return response_json(r, error_status(e->kind), out->p, out->len);
}
