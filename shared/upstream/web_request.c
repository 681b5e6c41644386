/* SPDX-License-Identifier: MIT */
/* Kimi web: plain JSON requests and what their errors mean. */
#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "upstream/hosts.h"
#include "upstream/web.h"

#define PUSHING_MS 5000

/* The first row that fits: status 0 fits all, NULL fits all. */
static const struct {
	long status;
	const char *type;
	enum error_kind kind;
} rows[] = {
	{ 0, "auth.token", ERROR_CREDENTIAL },
	{ 0, "user_stream_pushing", ERROR_RATE_LIMIT },
	{ 0, "token_length_too_long", ERROR_CONTEXT_LENGTH },
	{ 0, "completion.stream", ERROR_OVERLOADED },
	{ 0, "chat.not_found", ERROR_CHAT_GONE },
	{ 0, "content", ERROR_CONTENT_FILTER },
	{ 0, "rate_limit", ERROR_RATE_LIMIT },
	{ 0, "forbidden", ERROR_FORBIDDEN },
	{ 401, NULL, ERROR_CREDENTIAL },
	{ 403, NULL, ERROR_FORBIDDEN },
	{ 404, NULL, ERROR_CHAT_GONE },
	{ 429, NULL, ERROR_RATE_LIMIT },
	{ 503, NULL, ERROR_OVERLOADED },
	{ 504, NULL, ERROR_TIMEOUT },
	{ 0, NULL, ERROR_UPSTREAM },
};

bool web_error(struct error *e, long status, const char *type,
	       const char *message)
{
	char text[400];
	size_t i = 0;

	while ((rows[i].status != 0 && rows[i].status != status) ||
	       (rows[i].type != NULL &&
		(type == NULL || strstr(type, rows[i].type) == NULL)))
		i++;
	snprintf(text, sizeof(text), "%s", message == NULL ? "" : message);
	secret_redact(text);
	if (rows[i].kind == ERROR_CONTEXT_LENGTH)
		return error_field(e, rows[i].kind, "messages",
				   "The conversation exceeds Kimi's maximum "
				   "context length. %s",
				   text);
	if (type == NULL)
		return error_set(e, rows[i].kind,
				 "Kimi answered with status %ld. %s", status,
				 text);
	error_set(e, rows[i].kind, "Kimi answered %.80s. %s", type, text);
	if (strstr(type, "user_stream_pushing") != NULL)
		e->retry_after_ms = PUSHING_MS;
	return false;
}

bool web_reply_error(struct upstream_call *call, const struct http_reply *reply)
{
	struct error ignored;
	const cJSON *body = json_parse(call->arena, buf_text(&reply->body),
				       reply->body.len, &ignored);

	web_error(call->error, reply->status, json_text(body, "error_type"),
		  json_text(body, "message"));
	if (reply->retry_after_ms > 0)
		call->error->retry_after_ms = reply->retry_after_ms;
	return false;
}

const cJSON *web_request(struct upstream_call *call, const char *method,
			 const char *path, const char *bearer, const char *body,
			 int64_t finish_ms)
{
	struct http_call http = {
		.method = method,
		.url = arena_printf(call->arena, "%s%s",
				    hosts_first(call, call->config->web_urls),
				    path),
		.bearer = bearer,
		.body = body,
		.body_len = body == NULL ? 0 : strlen(body),
		.finish_ms = finish_ms,
	};
	const cJSON *answer = NULL;
	struct http_reply reply;

	http_reply_init(&reply);
	if (!call->http->send(call->http, &http, &reply, call->error)) {
		buf_fini(&reply.body);
		return NULL;
	}
	if (reply.status / 100 != 2) {
		web_reply_error(call, &reply);
	} else {
		answer = json_parse(call->arena, buf_text(&reply.body),
				    reply.body.len, call->error);
		if (answer == NULL)
			error_set(call->error, ERROR_UPSTREAM,
				  "Kimi answered with something that is not "
				  "JSON.");
	}
	buf_fini(&reply.body);
	return answer;
}
