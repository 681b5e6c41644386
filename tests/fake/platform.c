/* SPDX-License-Identifier: MIT */
/* The Open Platform's calls and errors. */
#include <stdlib.h>
#include <string.h>

#include "fake.h"
#include "platform.h"
#include "platform_turn.h"
#include "scene.h"
#include "stream.h"

struct platform_failure {
	int status;
	const char *type, *message;
};

static const struct platform_failure failures[] = {
	{ 400, "invalid_request_error", "Invalid request" },
	{ 401, "invalid_authentication_error", "Invalid Authentication" },
	{ 403, "permission_denied_error",
	  "The API you are accessing is not open" },
	{ 404, "resource_not_found_error", "Not found" },
	{ 429, "rate_limit_reached_error",
	  "Your account org-fake0123<ak-fake0123> request reached organization "
	  "max RPM: 3, please try again after 1 seconds" },
	{ 499, "client_closed_request", "context canceled" },
	{ 503, "server_unavailable", "The server is currently unavailable" },
	{ 0, "server_error", "internal server error" },
};

static void platform_body(struct text *body, const char *type,
			  const char *message)
{
	text_put(body, "{\"error\":{\"message\":");
	text_quote_string(body, message);
	text_put(body, ",\"type\":");
	text_quote_string(body, type);
	text_put(body, "}}");
}

static void platform_failure_body(struct text *body, int status)
{
	const struct platform_failure *f = failures;

	while (f->status && f->status != status)
		f++;
	if (status < 400)
		text_put(body, "{}");
	else
		platform_body(body, f->type, f->message);
}

const struct service platform_service = { "platform", platform_failure_body };

static enum MHD_Result platform_error(struct exchange *ex,
				      const struct scene *scene, int status,
				      const char *type, const char *message)
{
	struct text body = { 0 };

	platform_body(&body, type, message);
	return exchange_json(ex, scene, status, &body);
}

/* NULL, or why the key is refused. */
static const char *key_refusal(const struct exchange *ex)
{
	if (!ex->token || strstr(ex->token, "bad"))
		return "incorrect_api_key_error";
	if (strncmp(ex->token, "sk-", 3) != 0 ||
	    strncmp(ex->token, "sk-kimi-", 8) == 0)
		return "invalid_authentication_error";
	return NULL;
}

static enum MHD_Result refuse_key(struct exchange *ex,
				  const struct scene *scene, const char *type)
{
	return platform_error(ex, scene, MHD_HTTP_UNAUTHORIZED, type,
			      *type == 'i' && type[2] == 'c' ?
				      "Incorrect API key provided" :
				      "Invalid Authentication");
}

enum MHD_Result platform_answer_unknown(struct exchange *ex,
					struct scene *scene)
{
	struct text body = { 0 };

	text_put(&body, "{\"code\":5,\"error\":\"url.not_found\",\"message\":"
			"\"没找到对象\",\"method\":");
	text_quote_string(&body, ex->method);
	text_put(&body, ",\"scode\":\"0x5\",\"status\":false,\"url\":");
	text_quote_string(&body, ex->path);
	text_put(&body, "}");
	return exchange_json(ex, scene, MHD_HTTP_NOT_FOUND, &body);
}

enum MHD_Result platform_answer_models(struct exchange *ex, struct scene *scene)
{
	const struct platform_model *m = platform_models;
	const char *refused = key_refusal(ex);
	struct text body = { 0 };

	if (refused)
		return refuse_key(ex, scene, refused);
	text_put(&body, "{\"object\":\"list\",\"data\":[");
	for (; m->id; m++)
		text_printf(&body,
			    "%s{\"id\":\"%s\",\"object\":\"model\",\"created\":"
			    "1783000000,\"owned_by\":\"moonshot\","
			    "\"context_length\":%d,\"supports_image_in\":true,"
			    "\"supports_video_in\":true,\"supports_reasoning\":"
			    "true}",
			    m == platform_models ? "" : ",", m->id, m->context);
	text_put(&body, "]}");
	return exchange_json(ex, scene, MHD_HTTP_OK, &body);
}

enum MHD_Result platform_answer_balance(struct exchange *ex,
					struct scene *scene)
{
	const char *refused = key_refusal(ex);
	struct text body = { 0 };

	if (refused)
		return refuse_key(ex, scene, refused);
	text_put(&body, "{\"code\":0,\"data\":{\"available_balance\":49.58,"
			"\"voucher_balance\":46.58,\"cash_balance\":3.0},"
			"\"scode\":\"0x0\",\"status\":true}");
	return exchange_json(ex, scene, MHD_HTTP_OK, &body);
}

static enum MHD_Result turn_stream(struct exchange *ex, struct turn *turn,
				   struct ticket *ticket)
{
	struct plan plan = { 0 };

	plan_compose(&plan, turn->scene, &platform_voice, turn,
		     turn->reasoning.at, turn->answer.at);
	return stream_send(ex, turn->scene, &plan, ticket);
}

/* Nothing comes until the whole answer has been said. */
static enum MHD_Result turn_reply(struct exchange *ex, struct turn *turn,
				  struct ticket *ticket)
{
	const struct scene *scene = turn->scene;
	struct text body = { 0 };
	bool stays = exchange_wait(ex, plan_duration_ms(scene));

	record_close(ex->fake, ticket,
		     stays ? TICKET_UNCOUNTED : TICKET_ABORTED);
	if (!stays)
		return MHD_NO;
	if (scene->error_after >= 0 && !scene->error)
		return exchange_failure(ex, &platform_service, 500);
	if (scene->error_after >= 0)
		return platform_error(ex, scene, 500,
				      platform_word(scene->error, "type"),
				      platform_word(scene->error, "message"));
	if (scene->raw)
		text_put(&body, scene->raw);
	else
		turn_whole(turn, &body);
	return exchange_json(ex, scene, MHD_HTTP_OK, &body);
}

static enum MHD_Result turn_play(struct exchange *ex, struct turn *turn,
				 struct scene *scene)
{
	struct ticket *ticket;
	struct text why = { 0 };
	enum MHD_Result result;

	if (!scene->json && !scene_find(scene, turn->said.at, false, &why)) {
		result = platform_error(ex, NULL, MHD_HTTP_BAD_REQUEST,
					"fake_scene_invalid", why.at);
		text_fini(&why);
		return result;
	}
	if (scene_is_plain(scene))
		return exchange_plain(ex, scene);
	ticket = record_open(ex->fake, ex->token, false);
	if (!exchange_wait(ex, scene->delay_ms)) {
		record_close(ex->fake, ticket, TICKET_ABORTED);
		return MHD_NO;
	}
	turn_answer(turn, scene);
	return turn->stream ? turn_stream(ex, turn, ticket) :
			      turn_reply(ex, turn, ticket);
}

enum MHD_Result platform_answer_completion(struct exchange *ex,
					   struct scene *scene)
{
	const struct platform_model *model;
	const char *refused = key_refusal(ex);
	struct refusal no = { 0 };
	enum MHD_Result result;
	struct turn turn;

	if (refused)
		return refuse_key(ex, scene, refused);
	model = platform_check(ex->json, &no);
	if (!model) {
		result = platform_error(ex, NULL, no.status, no.type,
					no.message.at);
		text_fini(&no.message);
		return result;
	}
	turn_init(&turn, model, ex->json);
	result = turn_play(ex, &turn, scene);
	turn_fini(&turn);
	return result;
}
