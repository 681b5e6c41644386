/* SPDX-License-Identifier: MIT */
/* The Open Platform's calls. */
#include <string.h>

#include "anthropic.h"
#include "fake.h"
#include "platform.h"
#include "platform_error.h"
#include "platform_play.h"
#include "platform_turn.h"
#include "scene.h"

const struct service platform_service = {
	.name = "platform",
	.failure = platform_failure_body,
	.fault = platform_error_body,
	.headers = platform_headers,
};

const struct service platform_cn_service = {
	.name = "platform_cn",
	.failure = platform_failure_body,
	.fault = platform_error_body,
	.headers = platform_headers,
};

const struct service platform_messages_service = {
	.name = "platform",
	.failure = anthropic_failure_body,
	.fault = anthropic_error_body,
	.headers = platform_headers,
};

const struct service platform_cn_messages_service = {
	.name = "platform_cn",
	.failure = anthropic_failure_body,
	.fault = anthropic_error_body,
	.headers = platform_headers,
};

const char *platform_key_fault(const struct exchange *ex)
{
	bool cn = strcmp(ex->route->service->name, "platform_cn") == 0;

	if (!ex->token || strstr(ex->token, "bad"))
		return "incorrect_api_key";
	if (strncmp(ex->token, "sk-", 3) != 0 ||
	    strncmp(ex->token, "sk-kimi-", 8) == 0)
		return "invalid_authentication";
	return cn == !!strstr(ex->token, "cn") ? NULL :
						 "invalid_authentication";
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
	const char *refused = platform_key_fault(ex);
	struct text body = { 0 };

	if (refused)
		return platform_fault(ex, scene, refused);
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
	const char *refused = platform_key_fault(ex);
	struct text body = { 0 };

	if (refused)
		return platform_fault(ex, scene, refused);
	text_put(&body, "{\"code\":0,\"data\":{\"available_balance\":49.58,"
			"\"voucher_balance\":46.58,\"cash_balance\":3.0},"
			"\"scode\":\"0x0\",\"status\":true}");
	return exchange_json(ex, scene, MHD_HTTP_OK, &body);
}

static struct ask ask_of(const struct exchange *ex)
{
	const char *id = platform_word(ex->json, "model");

	return (struct ask){
		.fake = ex->fake,
		.service = ex->route->service->name,
		.key = ex->token,
		.model = platform_model_find(platform_models, id),
		.request = ex->json,
	};
}

enum MHD_Result platform_answer_tokens(struct exchange *ex, struct scene *scene)
{
	const char *refused = platform_key_fault(ex);
	struct ask ask = ask_of(ex);
	struct refusal no = { 0 };
	struct text body = { 0 };

	if (refused)
		return platform_fault(ex, scene, refused);
	if (!platform_check_model(&ask, &no) ||
	    !platform_check_messages(&ask, &no))
		return platform_refuse(ex, &no);
	text_printf(&body, "{\"data\":{\"total_tokens\":%zu}}",
		    8 + platform_tokens(ex->json));
	return exchange_json(ex, scene, MHD_HTTP_OK, &body);
}

enum MHD_Result platform_answer_completion(struct exchange *ex,
					   struct scene *scene)
{
	const char *refused = platform_key_fault(ex);
	struct ask ask = ask_of(ex);

	if (refused)
		return platform_fault(ex, scene, refused);
	return platform_play(ex, scene, &platform_flavour, &ask);
}

/* The Anthropic flavour; a wrong key is worded as in the other. */
enum MHD_Result platform_answer_messages(struct exchange *ex,
					 struct scene *scene)
{
	const char *refused = platform_key_fault(ex);
	struct ask ask = ask_of(ex);
	struct text body = { 0 };

	if (refused) {
		platform_error_body(&body, fault_find(refused));
		return exchange_json(ex, scene, MHD_HTTP_UNAUTHORIZED, &body);
	}
	if (ask.model && ask.model->family != FAMILY_K3)
		ask.model = NULL;
	return platform_play(ex, scene, &anthropic_flavour, &ask);
}
