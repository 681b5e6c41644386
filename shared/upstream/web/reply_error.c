/* SPDX-License-Identifier: MIT */
/* Where Kimi web says what failed. */
#include "upstream/web/reply_error.h"

#include <string.h>

#include "upstream/error_body.h"
#include "upstream/failure.h"

static bool legacy_failed(struct upstream_call *call,
			  const struct http_reply *reply, const cJSON *body)
{
	return failure_set(
		call->error,
		&(struct failure){
			.wire = FAILURE_WEB_LEGACY,
			.status = reply->status,
			.type = json_text(body, "error_type"),
			.message = error_body_of(call->arena, body).message,
			.retry_after_ms = reply->retry_after_ms });
}

bool web_reply_error_legacy(struct upstream_call *call, const cJSON *event)
{
	return failure_set(call->error,
			   &(struct failure){
				   .wire = FAILURE_WEB_LEGACY,
				   .type = json_text(event, "error.error_type"),
				   .message = json_text(event, "error.message"),
			   });
}

/* The first detail that has a text at this path. */
static const char *detail(const cJSON *error, const char *path)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, json_at(error, "details"))
		if (json_text(v, path) != NULL)
			return json_text(v, path);
	return NULL;
}

static const char *first_text(const char *const *texts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (texts[i] != NULL && *texts[i] != '\0')
			return texts[i];
	return NULL;
}

bool web_reply_error_current(struct upstream_call *call, long status,
			     int64_t retry_after_ms, const cJSON *error)
{
	const char *code = json_text(error, "code");
	const char *const reasons[] = {
		json_text(error, "reason"),
		detail(error, "debug.reason"),
	};
	const char *const messages[] = {
		json_text(error, "message"),
		json_text(error, "localizedMessage.message"),
		json_text(error, "localized_message.message"),
		detail(error, "debug.localizedMessage.message"),
		detail(error, "debug.localized_message.message"),
		error_body_of(call->arena, error).message,
	};
	const char *reason = first_text(reasons, 2);
	struct failure f = {
		.wire = FAILURE_WEB_CURRENT,
		.status = status,
		.type = code,
		.message = first_text(messages, 6),
		.retry_after_ms = retry_after_ms,
	};

	if (reason != NULL) /* it says more, and may come without a code */
		f.type = arena_printf(call->arena, "%s%s%s",
				      code == NULL ? "" : code,
				      code == NULL ? "" : " ", reason);
	return failure_set(call->error, &f);
}

bool web_reply_error_is_unknown_call(const cJSON *error)
{
	const char *code = json_text(error, "code");

	return code != NULL && strcmp(code, "unimplemented") == 0;
}

/* Statuses of a server that has no such call, if the body does not explain
 * them better. */
static bool is_no_such_call(long status)
{
	return status == 404 || status == 405 || status == 410 || status == 501;
}

/* What stands before Kimi answers with a page, or a word. */
static bool page_failed(struct upstream_call *call, enum web_protocol protocol,
			const struct http_reply *reply)
{
	struct error_body said = error_body_read(
		call->arena, buf_text(&reply->body), reply->body.len);

	return failure_set(
		call->error,
		&(struct failure){ .wire = protocol == WEB_LEGACY ?
						   FAILURE_WEB_LEGACY :
						   FAILURE_WEB_CURRENT,
				   .status = reply->status,
				   .message = said.message,
				   .retry_after_ms = reply->retry_after_ms });
}

bool web_reply_error_set(struct upstream_call *call, enum web_protocol protocol,
			 const struct http_reply *reply, bool *unknown)
{
	struct error ignored;
	const cJSON *body = json_parse(call->arena, buf_text(&reply->body),
				       reply->body.len, &ignored);

	if (protocol == WEB_LEGACY && cJSON_IsObject(body))
		return legacy_failed(call, reply, body);
	if (protocol == WEB_LEGACY)
		return page_failed(call, protocol, reply);
	*unknown = web_reply_error_is_unknown_call(body) ||
		   (json_text(body, "code") == NULL &&
		    is_no_such_call(reply->status));
	if (!cJSON_IsObject(body))
		return page_failed(call, protocol, reply);
	return web_reply_error_current(call, reply->status,
				       reply->retry_after_ms, body);
}
