/* SPDX-License-Identifier: MIT */
/* The unary calls of Kimi web's Connect protocol, and its errors. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "connect.h"
#include "connect_chat.h"
#include "connect_frame.h"
#include "fake.h"
#include "scene.h"

#define PAGE_SIZE_MOST 1000

struct connect_code {
	int status;
	const char *code, *message;
};

static const struct connect_code codes[] = {
	{ 400, "invalid_argument", "invalid argument" },
	{ 401, "unauthenticated", "invalid claims" },
	{ 403, "permission_denied", "permission denied" },
	{ 404, "not_found", "not found" },
	{ 404, "unimplemented", "unknown method" },
	{ 415, "unknown", "unsupported media type" },
	{ 429, "resource_exhausted", "too many requests" },
	{ 503, "unavailable", "service unavailable" },
	{ 504, "deadline_exceeded", "deadline exceeded" },
	{ 500, "internal", "internal error" },
};

#define CODES (sizeof(codes) / sizeof(*codes))

void connect_error_body(struct text *body, const char *code,
			const char *message, const char *reason)
{
	text_put(body, "{\"code\":");
	text_quote_string(body, code);
	text_put(body, ",\"message\":");
	text_quote_string(body, message);
	if (reason) {
		text_put(body, ",\"details\":[{\"debug\":{\"reason\":");
		text_quote_string(body, reason);
		text_put(body, ",\"localizedMessage\":{\"locale\":\"en-US\","
			       "\"message\":");
		text_quote_string(body, message);
		text_put(body, "}}}]");
	}
	text_put(body, "}");
}

static void connect_failure_body(struct text *body, int status)
{
	const struct connect_code *c = codes;

	while (c < codes + CODES - 1 && c->status != status)
		c++;
	if (status < 400)
		text_put(body, "{}");
	else if (status == MHD_HTTP_UNAUTHORIZED)
		text_put(body, "{\"code\":\"unauthenticated\",\"details\":[{"
			       "\"debug\":{\"reason\":"
			       "\"REASON_INVALID_AUTH_TOKEN\"}}]}");
	else
		connect_error_body(body, c->code, c->message, NULL);
}

const struct service connect_service = {
	.name = "connect",
	.failure = connect_failure_body,
};

const cJSON *connect_member(const cJSON *json, const char *name)
{
	const cJSON *found = cJSON_GetObjectItemCaseSensitive(json, name);
	char camel[64];
	size_t n = 0;

	if (found)
		return found;
	for (; *name && n + 1 < sizeof(camel); name++) {
		if (name[0] == '_' && name[1] >= 'a' && name[1] <= 'z')
			camel[n++] = (char)(*++name - 'a' + 'A');
		else
			camel[n++] = *name;
	}
	camel[n] = '\0';
	return cJSON_GetObjectItemCaseSensitive(json, camel);
}

const char *connect_string(const cJSON *json, const char *name)
{
	return cJSON_GetStringValue(connect_member(json, name));
}

enum MHD_Result connect_error(const struct exchange *ex,
			      const struct scene *scene, const char *code,
			      const char *message)
{
	const struct connect_code *c = codes;
	struct text body = { 0 };

	while (c < codes + CODES - 1 && strcmp(c->code, code) != 0)
		c++;
	connect_error_body(&body, code, message, NULL);
	return exchange_json(ex, scene, c->status, &body);
}

enum MHD_Result connect_unauthorized(const struct exchange *ex,
				     const struct scene *scene)
{
	struct text body = { 0 };

	connect_failure_body(&body, MHD_HTTP_UNAUTHORIZED);
	return exchange_json(ex, scene, MHD_HTTP_UNAUTHORIZED, &body);
}

enum MHD_Result connect_trailer(const struct exchange *ex,
				const struct scene *scene, const char *code,
				const char *message, const char *reason)
{
	struct text body = { 0 };
	size_t begin = frame_begin(&body, FRAME_END);
	enum MHD_Result result;

	text_put(&body, "{\"error\":");
	connect_error_body(&body, code, message, reason);
	text_put(&body, "}");
	frame_end(&body, begin);
	result = exchange_reply(ex, scene, MHD_HTTP_OK, CONNECT_TYPE, &body);
	text_fini(&body);
	return result;
}

char *connect_caller(const struct exchange *ex, const struct scene *scene,
		     enum MHD_Result *result)
{
	char *owner = web_access_owner(ex->fake, ex->token);

	if (!owner) {
		*result = connect_unauthorized(ex, scene);
		return NULL;
	}
	if (cJSON_IsObject(ex->json))
		return owner;
	free(owner);
	*result = connect_error(ex, scene, "invalid_argument",
				"the body is not a JSON object");
	return NULL;
}

enum MHD_Result connect_answer_unknown(struct exchange *ex, struct scene *scene)
{
	return connect_error(ex, scene, "unimplemented", "unknown method");
}

static enum MHD_Result connect_nothing(const struct exchange *ex,
				       const struct scene *scene)
{
	struct text body = { 0 };

	text_put(&body, "{}");
	return exchange_json(ex, scene, MHD_HTTP_OK, &body);
}

enum MHD_Result connect_answer_delete(struct exchange *ex, struct scene *scene)
{
	const char *id = connect_string(ex->json, "chat_id");
	enum MHD_Result result = MHD_NO;
	char *owner = connect_caller(ex, scene, &result);
	bool found;

	if (!owner)
		return result;
	found = id && connect_chat_delete(ex->fake, owner, id);
	free(owner);
	if (!found)
		return connect_error(ex, scene, "not_found", "chat not found");
	return connect_nothing(ex, scene);
}

enum MHD_Result connect_answer_batch(struct exchange *ex, struct scene *scene)
{
	const cJSON *ids = connect_member(ex->json, "chat_ids"), *id;
	enum MHD_Result result = MHD_NO;
	char *owner = connect_caller(ex, scene, &result);

	if (!owner)
		return result;
	cJSON_ArrayForEach(id, ids)
		if (cJSON_IsString(id))
			(void)connect_chat_delete(ex->fake, owner,
						  id->valuestring);
	free(owner);
	return connect_nothing(ex, scene);
}

static size_t page_size(const cJSON *json)
{
	const cJSON *size = connect_member(json, "page_size");

	if (!cJSON_IsNumber(size) || size->valueint <= 0 ||
	    size->valueint > PAGE_SIZE_MOST)
		return PAGE_SIZE_MOST;
	return (size_t)size->valueint;
}

enum MHD_Result connect_answer_list(struct exchange *ex, struct scene *scene)
{
	const char *page = connect_string(ex->json, "page_token");
	enum MHD_Result result = MHD_NO;
	char *owner = connect_caller(ex, scene, &result);
	struct text body = { 0 };
	size_t from, next;

	if (!owner)
		return result;
	from = page ? (size_t)strtoul(page, NULL, 10) : 0;
	text_put(&body, "{\"chats\":[");
	next = connect_chat_list(ex->fake, owner, from, page_size(ex->json),
				 &body);
	text_put(&body, "],\"nextPageToken\":\"");
	if (next)
		text_printf(&body, "%zu", next);
	text_put(&body, "\"}");
	free(owner);
	return exchange_json(ex, scene, MHD_HTTP_OK, &body);
}

enum MHD_Result connect_answer_messages(struct exchange *ex,
					struct scene *scene)
{
	const char *id = connect_string(ex->json, "chat_id");
	enum MHD_Result result = MHD_NO;
	char *owner = connect_caller(ex, scene, &result);
	struct text body = { 0 };
	bool found;

	if (!owner)
		return result;
	text_put(&body, "{\"messages\":[");
	found = id && connect_chat_messages(ex->fake, owner, id,
					    page_size(ex->json), &body);
	text_put(&body, "]}");
	free(owner);
	if (found)
		return exchange_json(ex, scene, MHD_HTTP_OK, &body);
	text_fini(&body);
	return connect_error(ex, scene, "not_found", "chat not found");
}

enum MHD_Result connect_answer_refresh(struct exchange *ex, struct scene *scene)
{
	const char *token = connect_string(ex->json, "refresh_token");
	struct text body = { 0 };

	if (!token || !*token)
		return connect_error(ex, scene, "invalid_argument",
				     "refresh_token is missing");
	if (!web_refresh(ex->fake, token, true, &body))
		return connect_error(ex, scene, "unauthenticated",
				     "invalid claims");
	return exchange_json(ex, scene, MHD_HTTP_OK, &body);
}

enum MHD_Result connect_answer_user(struct exchange *ex, struct scene *scene)
{
	enum MHD_Result result = MHD_NO;
	char *owner = connect_caller(ex, scene, &result);
	struct text body = { 0 };

	if (!owner)
		return result;
	text_put(&body, "{\"subscription\":{\"userId\":");
	text_quote_string(&body, owner);
	text_put(&body, ",\"userName\":\"Fake\"}}");
	free(owner);
	return exchange_json(ex, scene, MHD_HTTP_OK, &body);
}

enum MHD_Result connect_answer_stats(struct exchange *ex, struct scene *scene)
{
	enum MHD_Result result = MHD_NO;
	char *owner = connect_caller(ex, scene, &result);
	struct text body = { 0 };

	if (!owner)
		return result;
	free(owner);
	text_put(&body, "{\"subscriptionBalance\":{\"feature\":"
			"\"FEATURE_OMNI\",\"amountUsedRatio\":0.25,"
			"\"expireTime\":\"2030-01-31T00:00:00Z\"}}");
	return exchange_json(ex, scene, MHD_HTTP_OK, &body);
}
