/* SPDX-License-Identifier: MIT */
/* OpenAI's names for our errors, and their JSON object. */
#include "dialect/openai/error.h"

#include "base/buf.h"
#include "base/json.h"
#include "dialect/retry_headers.h"

#define BODY_LIMIT 8192

#define INVALID "invalid_request_error"
#define SERVER "server_error"
#define PROMPT "invalid_prompt"

/*
 * The codes of failed responses are those that OpenAI lists for them
 * (ResponseError in its API reference), and those that Codex acts upon besides
 * (codex-rs, sse/responses.rs). With SERVER it sends the request again, with
 * PROMPT it does not.
 */
static const struct {
	const char *type, *code; /* code NULL: null */
	const char *failed;	 /* the code of a failed response */
} names[ERROR_KINDS] = {
	[ERROR_BAD_REQUEST] = { INVALID, NULL, PROMPT },
	[ERROR_MISSING] = { INVALID, "missing_required_parameter", PROMPT },
	[ERROR_TYPE] = { INVALID, "invalid_type", PROMPT },
	[ERROR_VALUE] = { INVALID, "invalid_value", PROMPT },
	[ERROR_UNSUPPORTED] = { INVALID, "unsupported_parameter", PROMPT },
	[ERROR_CONTEXT_LENGTH] = { INVALID, "context_length_exceeded",
				   "context_length_exceeded" },
	[ERROR_PREVIOUS] = { INVALID, "previous_response_not_found", PROMPT },
	[ERROR_CONTENT_FILTER] = { INVALID, "content_filter", PROMPT },
	[ERROR_API_KEY] = { INVALID, "invalid_api_key", SERVER },
	[ERROR_CREDENTIAL] = { "authentication_error", "invalid_api_key",
			       SERVER },
	[ERROR_OUR_CREDENTIAL] = { SERVER, "upstream_credential_rejected",
				   SERVER },
	[ERROR_ADMIN] = { "permission_error", "insufficient_permissions",
			  PROMPT },
	[ERROR_FORBIDDEN] = { "permission_error", NULL, SERVER },
	[ERROR_MODEL_NOT_ALLOWED] = { "permission_error", "model_not_allowed",
				      PROMPT },
	[ERROR_CLIENT_REFUSED] = { "permission_error", NULL, SERVER },
	[ERROR_ROUTE] = { INVALID, "unknown_url", PROMPT },
	[ERROR_MODEL] = { INVALID, "model_not_found", PROMPT },
	[ERROR_NOT_FOUND] = { INVALID, "not_found", PROMPT },
	[ERROR_METHOD] = { INVALID, "method_not_supported", PROMPT },
	[ERROR_BUSY] = { "conflict_error", "conversation_locked", SERVER },
	[ERROR_TOO_LARGE] = { INVALID, "request_too_large", PROMPT },
	[ERROR_SPACE] = { INVALID, "storage_limit_exceeded", PROMPT },
	[ERROR_ENCODING] = { INVALID, "unsupported_content_encoding", PROMPT },
	[ERROR_UPGRADE] = { INVALID, "upgrade_required", PROMPT },
	[ERROR_REQUEST_RATE] = { "requests", "rate_limit_exceeded",
				 "rate_limit_exceeded" },
	[ERROR_TOKEN_RATE] = { "tokens", "rate_limit_exceeded",
			       "rate_limit_exceeded" },
	[ERROR_TOKEN_LIMIT] = { "tokens", "rate_limit_exceeded", PROMPT },
	[ERROR_RATE_LIMIT] = { "rate_limit_error", "rate_limit_exceeded",
			       "rate_limit_exceeded" },
	[ERROR_QUOTA] = { "insufficient_quota", "insufficient_quota",
			  "insufficient_quota" },
	[ERROR_INTERNAL] = { SERVER, "internal_error", SERVER },
	[ERROR_UPSTREAM] = { SERVER, "upstream_error", SERVER },
	[ERROR_OVERLOADED] = { SERVER, "server_is_overloaded",
			       "server_is_overloaded" },
	[ERROR_SETUP] = { SERVER, "not_configured", SERVER },
	[ERROR_FULL] = { SERVER, "server_is_overloaded",
			 "server_is_overloaded" },
	[ERROR_STOPPING] = { SERVER, "server_is_stopping", SERVER },
	[ERROR_TIMEOUT] = { SERVER, "upstream_timeout", SERVER },
	[ERROR_CHAT_GONE] = { SERVER, "upstream_error", SERVER },
	[ERROR_CLIENT_GONE] = { SERVER, "client_closed_request", SERVER },
};

const char *openai_error_type(enum error_kind kind)
{
	return names[kind].type;
}

const char *openai_error_code(enum error_kind kind)
{
	return names[kind].code;
}

const char *openai_error_failed_code(enum error_kind kind)
{
	return names[kind].failed;
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
