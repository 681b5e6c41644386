/* SPDX-License-Identifier: MIT */
/* The REST calls of Kimi web's legacy protocol, and its errors. */
#include <stdlib.h>
#include <string.h>

#include "fake.h"
#include "scene.h"
#include "web.h"

struct web_failure {
	int status;
	const char *type, *message;
};

static const struct web_failure failures[] = {
	{ 400, "request.invalid", "请求参数有误" },
	{ 401, "auth.token.invalid", "您的授权已过期，请重新登录" },
	{ 403, "chat.forbidden", "该会话已被禁用" },
	{ 404, "url.not_found", "没找到对象" },
	{ 429, "chat.user_stream_pushing",
	  "您有一个正在进行的对话，请稍后再试" },
	{ 503, "service.unavailable", "Kimi 有点累了，请稍后再试" },
	{ 0, "internal.error", "服务器开小差了，请稍后再试" },
};

static void web_body(struct text *body, const char *type, const char *message)
{
	text_put(body, "{\"error_type\":");
	text_quote_string(body, type);
	text_put(body, ",\"message\":");
	text_quote_string(body, message);
	text_put(body, "}");
}

static void web_failure_body(struct text *body, int status)
{
	const struct web_failure *f = failures;

	while (f->status && f->status != status)
		f++;
	if (status < 400)
		text_put(body, "{}");
	else
		web_body(body, f->type, f->message);
}

const struct service web_service = {
	.name = "web",
	.failure = web_failure_body,
};

enum MHD_Result web_error(struct exchange *ex, const struct scene *scene,
			  int status, const char *type, const char *message)
{
	struct text body = { 0 };

	web_body(&body, type, message);
	return exchange_json(ex, scene, status, &body);
}

enum MHD_Result web_unauthorized(struct exchange *ex, const struct scene *scene)
{
	struct text body = { 0 };

	web_failure_body(&body, MHD_HTTP_UNAUTHORIZED);
	return exchange_json(ex, scene, MHD_HTTP_UNAUTHORIZED, &body);
}

enum MHD_Result web_no_chat(struct exchange *ex, const struct scene *scene)
{
	return web_error(ex, scene, MHD_HTTP_NOT_FOUND, "chat.not_found",
			 "会话不存在");
}

const char *web_last_turn(const char *said)
{
	static const char mark[] = "\n\nuser: ";
	const char *turn = said;

	for (const char *next = said; (next = strstr(next, mark)) != NULL;) {
		next += strlen(mark);
		turn = next;
	}
	return turn;
}

enum MHD_Result web_answer_unknown(struct exchange *ex, struct scene *scene)
{
	(void)scene;
	return exchange_failure(ex, &web_service, MHD_HTTP_NOT_FOUND);
}

enum MHD_Result web_answer_refresh(struct exchange *ex, struct scene *scene)
{
	struct text body = { 0 };

	if (!web_refresh(ex->fake, ex->token, false, &body))
		return web_unauthorized(ex, scene);
	return exchange_json(ex, scene, MHD_HTTP_OK, &body);
}

enum MHD_Result web_answer_user(struct exchange *ex, struct scene *scene)
{
	char *owner = web_access_owner(ex->fake, ex->token);
	struct text body = { 0 };

	if (!owner)
		return web_unauthorized(ex, scene);
	text_put(&body, "{\"id\":");
	text_quote_string(&body, owner);
	text_put(&body, ",\"name\":\"Fake\",\"status\":\"active\"}");
	free(owner);
	return exchange_json(ex, scene, MHD_HTTP_OK, &body);
}

enum MHD_Result web_answer_create(struct exchange *ex, struct scene *scene)
{
	char *owner = web_access_owner(ex->fake, ex->token);
	const cJSON *name = cJSON_GetObjectItem(ex->json, "name");
	struct text body = { 0 };
	char id[21];

	if (!owner)
		return web_unauthorized(ex, scene);
	if (!cJSON_IsObject(ex->json)) {
		free(owner);
		return exchange_failure(ex, &web_service, MHD_HTTP_BAD_REQUEST);
	}
	web_chat_open(ex->fake, owner, id);
	text_printf(&body, "{\"id\":\"%s\",\"name\":", id);
	text_quote_string(&body, cJSON_IsString(name) ? name->valuestring :
							"Untitled");
	text_put(&body, ",\"born_from\":\"home\",\"kimiplus_id\":\"kimi\","
			"\"is_example\":false,\"status\":\"OK\",\"type\":"
			"\"text\",\"tags\":[]}");
	free(owner);
	return exchange_json(ex, scene, MHD_HTTP_OK, &body);
}

enum MHD_Result web_answer_delete(struct exchange *ex, struct scene *scene)
{
	char *owner = web_access_owner(ex->fake, ex->token);
	struct text body = { 0 };
	bool found;

	if (!owner)
		return web_unauthorized(ex, scene);
	found = web_chat_delete(ex->fake, owner, ex->parameter);
	free(owner);
	if (!found)
		return web_no_chat(ex, scene);
	text_put(&body, "{}");
	return exchange_json(ex, scene, MHD_HTTP_OK, &body);
}
