/* SPDX-License-Identifier: MIT */
/* Anthropic's names for our errors, and the words its clients act upon. */
#include "dialect/anthropic/error.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "dialect/retry_headers.h"

#define BODY_LIMIT 8192
#define MESSAGE_SIZE 640

#define INVALID "invalid_request_error"

static const struct {
	const char *type;
	int status; /* where it is not that of the kind */
} names[ERROR_KINDS] = {
	[ERROR_BAD_REQUEST] = { INVALID, 0 },
	[ERROR_MISSING] = { INVALID, 0 },
	[ERROR_TYPE] = { INVALID, 0 },
	[ERROR_VALUE] = { INVALID, 0 },
	[ERROR_UNSUPPORTED] = { INVALID, 0 },
	[ERROR_CONTEXT_LENGTH] = { INVALID, 0 },
	[ERROR_PREVIOUS] = { INVALID, 0 },
	[ERROR_CONTENT_FILTER] = { INVALID, 0 },
	[ERROR_API_KEY] = { "authentication_error", 0 },
	[ERROR_CREDENTIAL] = { "authentication_error", 0 },
	[ERROR_OUR_CREDENTIAL] = { "api_error", 0 },
	[ERROR_ADMIN] = { "permission_error", 0 },
	[ERROR_FORBIDDEN] = { "permission_error", 0 },
	[ERROR_MODEL_NOT_ALLOWED] = { "permission_error", 0 },
	[ERROR_CLIENT_REFUSED] = { "permission_error", 0 },
	[ERROR_ROUTE] = { "not_found_error", 0 },
	[ERROR_MODEL] = { "not_found_error", 0 },
	[ERROR_NOT_FOUND] = { "not_found_error", 0 },
	[ERROR_METHOD] = { INVALID, 0 },
	[ERROR_BUSY] = { "conflict_error", 0 },
	[ERROR_TOO_LARGE] = { "request_too_large", 0 },
	/* Claude Code would shorten the conversation after a 413. */
	[ERROR_SPACE] = { "permission_error", 403 },
	[ERROR_ENCODING] = { INVALID, 0 },
	[ERROR_UPGRADE] = { INVALID, 0 },
	[ERROR_REQUEST_RATE] = { "rate_limit_error", 0 },
	[ERROR_TOKEN_RATE] = { "rate_limit_error", 0 },
	/* Nor does it help to send it again after a 429. */
	[ERROR_TOKEN_LIMIT] = { INVALID, 400 },
	[ERROR_RATE_LIMIT] = { "rate_limit_error", 0 },
	[ERROR_QUOTA] = { "billing_error", 402 },
	[ERROR_INTERNAL] = { "api_error", 0 },
	[ERROR_UPSTREAM] = { "api_error", 0 },
	[ERROR_OVERLOADED] = { "overloaded_error", 529 },
	[ERROR_SETUP] = { "api_error", 0 },
	[ERROR_FULL] = { "overloaded_error", 529 },
	[ERROR_STOPPING] = { "overloaded_error", 529 },
	[ERROR_TIMEOUT] = { "timeout_error", 0 },
	[ERROR_CHAT_GONE] = { "api_error", 0 },
	[ERROR_CLIENT_GONE] = { "api_error", 0 },
};

/* Claude Code shortens the conversation when it reads these words, by as much
 * as the numbers tell. */
static void say_too_long(char *out, size_t size, const struct error *e,
			 int64_t prompt_tokens)
{
	int64_t max = e->max_tokens;
	int64_t asked = e->prompt_tokens > 0 ? e->prompt_tokens : prompt_tokens;

	if (max <= 0) {
		snprintf(out, size, "prompt is too long: %s", e->message);
		return;
	}
	if (asked <= max)
		asked = max + 1;
	snprintf(out, size, "prompt is too long: %lld tokens > %lld maximum",
		 (long long)asked, (long long)max);
}

/* What the type does not tell: SDK 1.12 continues without a thread when it reads
 * that code, and a rejected credential of the server is no fault of Kimi's. */
static void put_details(struct json_writer *w, const struct error *e)
{
	bool thread = e->kind == ERROR_UNSUPPORTED &&
		      strcmp(e->param, "thread") == 0;

	if (!thread && e->kind != ERROR_OUR_CREDENTIAL)
		return;
	json_object(w, "details");
	json_put_text(w, "error_code",
		      thread ? "thread_unsupported_request" :
			       "upstream_credential_rejected");
	if (thread) {
		json_array(w, "unsupported");
		json_put_text(w, NULL, "thread");
		json_close_array(w);
	}
	json_close_object(w);
}

/* Whether the message begins with the field's name, bare or in quotes. */
static bool begins_with_field(const struct error *e)
{
	const char *quote = *e->message == '\'' ? "'" : "";
	const char *at = e->message + strlen(quote);
	size_t n = strlen(e->param);

	return strncmp(at, e->param, n) == 0 &&
	       (*quote == '\0' || at[n] == *quote);
}

/* There is no member for the field: its name goes first, unless the message
 * begins with it already. */
static void name_field(char *out, size_t size, const struct error *e)
{
	bool named = e->param[0] == '\0' || begins_with_field(e);

	snprintf(out, size, "%s%s%s", named ? "" : e->param, named ? "" : ": ",
		 e->message);
}

static void put_error(struct buf *out, const struct response *r,
		      const struct error *e, int64_t prompt_tokens)
{
	char message[MESSAGE_SIZE];
	struct json_writer w;

	if (e->kind == ERROR_CONTEXT_LENGTH)
		say_too_long(message, sizeof(message), e, prompt_tokens);
	else
		name_field(message, sizeof(message), e);
	json_writer_init(&w, out);
	json_object(&w, NULL);
	json_put_text(&w, "type", "error");
	json_object(&w, "error");
	json_put_text(&w, "type", names[e->kind].type);
	json_put_text(&w, "message", message);
	put_details(&w, e);
	json_close_object(&w);
	json_put_text(&w, "request_id", r->id);
	json_close_object(&w);
}

int anthropic_error_status(enum error_kind kind, bool stream)
{
	int status = names[kind].status;

	(void)stream;
	return status != 0 ? status : error_status(kind);
}

bool anthropic_error_sized(struct arena *a, struct response *r,
			   const struct error *e, int64_t prompt_tokens)
{
	struct buf *out = arena_buf(a, BODY_LIMIT);

	put_error(out, r, e, prompt_tokens);
	if (r->streaming) {
		response_named_event(r, "error", out->p, out->len);
		return response_flush(r);
	}
	retry_headers_add(r, e);
	return response_json(r, anthropic_error_status(e->kind, false), out->p,
			     out->len);
}

bool anthropic_error(struct arena *a, struct response *r, const struct error *e)
{
	return anthropic_error_sized(a, r, e, 0);
}
