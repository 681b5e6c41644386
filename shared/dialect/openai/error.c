/* SPDX-License-Identifier: MIT */
/* OpenAI's names for our errors, and their JSON object. */
#include "dialect/openai/error.h"

#include "base/buf.h"
#include "base/json.h"
#include "dialect/retry_headers.h"

#define BODY_LIMIT 8192

static const struct {
	const char *type, *code; /* code NULL: null */
} names[ERROR_KINDS] = {
	[ERROR_BAD_REQUEST] = { "invalid_request_error", NULL },
	[ERROR_MISSING] = { "invalid_request_error",
			    "missing_required_parameter" },
	[ERROR_TYPE] = { "invalid_request_error", "invalid_type" },
	[ERROR_VALUE] = { "invalid_request_error", "invalid_value" },
	[ERROR_UNSUPPORTED] = { "invalid_request_error",
				"unsupported_parameter" },
	[ERROR_CONTEXT_LENGTH] = { "invalid_request_error",
				   "context_length_exceeded" },
	[ERROR_PREVIOUS] = { "invalid_request_error",
			     "previous_response_not_found" },
	[ERROR_CONTENT_FILTER] = { "invalid_request_error", "content_filter" },
	[ERROR_API_KEY] = { "invalid_request_error", "invalid_api_key" },
	[ERROR_CREDENTIAL] = { "authentication_error", "invalid_api_key" },
	[ERROR_FORBIDDEN] = { "permission_error", NULL },
	[ERROR_CLIENT_REFUSED] = { "permission_error", NULL },
	[ERROR_ROUTE] = { "invalid_request_error", "unknown_url" },
	[ERROR_MODEL] = { "invalid_request_error", "model_not_found" },
	[ERROR_NOT_FOUND] = { "invalid_request_error", "not_found" },
	[ERROR_METHOD] = { "invalid_request_error", "method_not_supported" },
	[ERROR_BUSY] = { "conflict_error", "conversation_locked" },
	[ERROR_TOO_LARGE] = { "invalid_request_error", "request_too_large" },
	[ERROR_ENCODING] = { "invalid_request_error",
			     "unsupported_content_encoding" },
	[ERROR_UPGRADE] = { "invalid_request_error", "upgrade_required" },
	[ERROR_RATE_LIMIT] = { "rate_limit_error", "rate_limit_exceeded" },
	[ERROR_QUOTA] = { "insufficient_quota", "insufficient_quota" },
	[ERROR_INTERNAL] = { "server_error", "internal_error" },
	[ERROR_UPSTREAM] = { "server_error", "upstream_error" },
	[ERROR_OVERLOADED] = { "server_error", "server_is_overloaded" },
	[ERROR_SETUP] = { "server_error", "not_configured" },
	[ERROR_FULL] = { "server_error", "server_is_overloaded" },
	[ERROR_STOPPING] = { "server_error", "server_is_stopping" },
	[ERROR_TIMEOUT] = { "server_error", "upstream_timeout" },
	[ERROR_CHAT_GONE] = { "server_error", "upstream_error" },
	[ERROR_CLIENT_GONE] = { "server_error", "client_closed_request" },
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

bool openai_error(struct arena *a, struct response *r, const struct error *e)
{
	struct buf *out = arena_buf(a, BODY_LIMIT);

	put_error(out, e);
	if (r->streaming) {
		response_event(r, out->p, out->len);
		return response_flush(r);
	}
	retry_headers_add(r, e);
	return response_json(r, error_status(e->kind), out->p, out->len);
}
