/* SPDX-License-Identifier: MIT */
/* Kimi web: plain JSON requests, and where an error says what failed. */
#include <string.h>

#include "upstream/failure.h"
#include "upstream/web/service.h"

static bool legacy_failed(struct upstream_call *call,
			  const struct http_reply *reply, const cJSON *body)
{
	return failure_set(
		call->error,
		&(struct failure){ .service = FAILURE_LEGACY,
				   .status = reply->status,
				   .type = json_text(body, "error_type"),
				   .message = json_text(body, "message"),
				   .retry_after_ms = reply->retry_after_ms });
}

/* The first detail that has the text at this path. */
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

const cJSON *web_either(const cJSON *tree, const char *camel, const char *snake)
{
	const cJSON *v = json_at(tree, camel);

	return v != NULL ? v : json_at(tree, snake);
}

bool web_current_failed(struct upstream_call *call, long status,
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
	};
	const char *reason = first_text(reasons, 2);
	struct failure f = {
		.service = FAILURE_CURRENT,
		.status = status,
		.type = code,
		.message = first_text(messages, 5),
		.retry_after_ms = retry_after_ms,
	};

	if (reason != NULL) /* it tells more, and may stand alone */
		f.type = arena_printf(call->arena, "%s%s%s",
				      code == NULL ? "" : code,
				      code == NULL ? "" : " ", reason);
	return failure_set(call->error, &f);
}

bool web_current_unknown(const cJSON *error)
{
	const char *code = json_text(error, "code");

	return code != NULL && strcmp(code, "unimplemented") == 0;
}

/* Statuses of a server that has no such call, if nothing better explains
 * them. */
static bool is_no_such_call(long status)
{
	return status == 404 || status == 405 || status == 410 || status == 501;
}

bool web_reply_failed(struct upstream_call *call, enum web_protocol protocol,
		      const struct http_reply *reply, bool *unknown)
{
	struct error ignored;
	const cJSON *body = json_parse(call->arena, buf_text(&reply->body),
				       reply->body.len, &ignored);

	if (protocol == WEB_LEGACY)
		return legacy_failed(call, reply, body);
	*unknown = web_current_unknown(body) ||
		   (json_text(body, "code") == NULL &&
		    is_no_such_call(reply->status));
	return web_current_failed(call, reply->status, reply->retry_after_ms,
				  body);
}

static const cJSON *read_answer(struct upstream_call *call,
				struct web_request *q,
				const struct http_reply *reply)
{
	const cJSON *answer;

	if (reply->status / 100 != 2) {
		web_reply_failed(call, q->protocol, reply, &q->unknown);
		return NULL;
	}
	answer = json_parse(call->arena, buf_text(&reply->body),
			    reply->body.len, call->error);
	if (answer == NULL)
		error_set(call->error, ERROR_UPSTREAM,
			  "Kimi answered with something that is not JSON.");
	return answer;
}

const cJSON *web_request_send(struct upstream_call *call, struct web_request *q)
{
	static const char *const headers[] = { "Connect-Protocol-Version: 1",
					       NULL };
	struct http_call http = {
		.method = q->method,
		.url = q->url,
		.bearer = q->bearer,
		.headers = q->protocol == WEB_CURRENT ? headers : NULL,
		.body = q->body,
		.body_len = q->body == NULL ? 0 : strlen(q->body),
		.abandon = q->abandon,
		.max_ms = q->max_ms,
		.once = q->once,
	};
	const cJSON *answer = NULL;
	struct http_reply reply;

	http_reply_init(&reply);
	if (call->http->send(call->http, &http, &reply, call->error))
		answer = read_answer(call, q, &reply);
	q->unsent = reply.unsent;
	buf_fini(&reply.body);
	return answer;
}
