/* SPDX-License-Identifier: MIT */
/* Kimi Code's chats: who may ask, and for which model. */
#include <string.h>
#include <strings.h>

#include "anthropic.h"
#include "code.h"
#include "fake.h"
#include "platform_error.h"
#include "platform_play.h"
#include "platform_turn.h"
#include "scene.h"

#define MESSAGES_MAX 2097152 /* bytes */

static const struct platform_model code_models[] = {
	{ "kimi-for-coding", FAMILY_K28, 1048576 }, /* also for unknown ones */
	{ "kimi-for-coding-highspeed", FAMILY_K27, 262144 },
	{ "k3.1-pro", FAMILY_K3, 1048576 },
	{ "k3", FAMILY_K3, 1048576 },
	{ "k3-256k", FAMILY_K3, 262144 },
	{ NULL, FAMILY_K3, 0 },
};

static const char *fault_of_status(int status)
{
	if (status == 401)
		return "code_key";
	if (status == 403)
		return "access_terminated";
	return status == 429 ? "too_many_requests" : NULL;
}

static void code_failure_body(struct text *body, int status)
{
	const char *name = fault_of_status(status);

	if (name)
		platform_error_body(body, fault_find(name));
	else
		platform_failure_body(body, status);
}

static void code_messages_failure_body(struct text *body, int status)
{
	const char *name = fault_of_status(status);

	if (name)
		anthropic_error_body(body, fault_find(name));
	else
		anthropic_failure_body(body, status);
}

const struct service code_service = {
	.name = "code",
	.failure = code_failure_body,
	.fault = platform_error_body,
	.headers = platform_headers,
};

const struct service code_ai_service = {
	.name = "code_ai",
	.failure = code_failure_body,
	.fault = platform_error_body,
	.headers = platform_headers,
};

const struct service code_messages_service = {
	.name = "code",
	.failure = code_messages_failure_body,
	.fault = anthropic_error_body,
	.headers = platform_headers,
};

const struct service code_ai_messages_service = {
	.name = "code_ai",
	.failure = code_messages_failure_body,
	.fault = anthropic_error_body,
	.headers = platform_headers,
};

const char *code_key_fault(const struct exchange *ex, const char *key)
{
	bool intl = strcmp(ex->route->service->name, "code_ai") == 0;

	if (!key || strncmp(key, "sk-kimi-", 8) != 0)
		return key && code_oauth_knows(ex->fake, key) ?
			       NULL :
			       "invalid_authentication";
	if (strstr(key, "bad") || intl != !!strstr(key, "intl"))
		return "code_key";
	return NULL;
}

static bool starts(const char *word, const cJSON *prefix)
{
	const char *start = cJSON_GetStringValue(prefix);

	return word && start && strncmp(word, start, strlen(start)) == 0;
}

/* Whether the client is on the list of agents. */
static bool is_agent(const struct exchange *ex)
{
	const char *platform = exchange_header(ex, "X-Msh-Platform");
	struct fake *fake = ex->fake;
	const cJSON *prefix;
	bool agent;

	pthread_mutex_lock(&fake->lock);
	agent = !fake->code_allow;
	cJSON_ArrayForEach(prefix, fake->code_allow)
		agent |= starts(ex->user_agent, prefix) ||
			 starts(platform, prefix);
	pthread_mutex_unlock(&fake->lock);
	return agent;
}

/* Unlike platform_check_size, this counts images. */
static bool size_check(const cJSON *request, struct refusal *no)
{
	char *printed =
		cJSON_PrintUnformatted(platform_member(request, "messages"));
	size_t n = printed ? strlen(printed) : 0;

	cJSON_free(printed);
	return n <= MESSAGES_MAX ||
	       refuse(no,
		      "Invalid request: total message size %zu exceeds limit "
		      "%d",
		      n, MESSAGES_MAX);
}

/* Ids that look like K3's, but are not. */
static bool is_k3_like(const char *name, const struct platform_model *found)
{
	return name && strstr(name, "k3") && strcmp(found->id, name) != 0;
}

/* What the key's plan does not include. */
static const char *plan_fault(const char *name, const struct ask *ask)
{
	bool k3 = ask->model->family == FAMILY_K3;

	if (is_k3_like(name, ask->model))
		return "model_id";
	if (strstr(ask->model->id, "highspeed") && !strstr(ask->key, "high"))
		return "code_key";
	if (k3 && strstr(ask->key, "andante"))
		return "plan_model";
	return NULL;
}

static enum MHD_Result code_play(struct exchange *ex, struct scene *scene,
				 const struct flavour *flavour, const char *key)
{
	const char *name = platform_word(ex->json, "model"), *refused;
	const struct platform_model *model =
		platform_model_find(code_models, name);
	struct ask ask = {
		.fake = ex->fake,
		.service = ex->route->service->name,
		.key = key,
		.model = model ? model : code_models,
		.request = ex->json,
	};
	struct refusal no = { 0 };

	refused = plan_fault(name, &ask);
	if (refused)
		return platform_fault(ex, scene, refused);
	if (!size_check(ex->json, &no))
		return platform_refuse(ex, &no);
	return platform_play(ex, scene, flavour, &ask);
}

enum MHD_Result code_answer_completion(struct exchange *ex, struct scene *scene)
{
	const char *refused = code_key_fault(ex, ex->token);

	if (refused)
		return platform_fault(ex, scene, refused);
	if (!is_agent(ex))
		return platform_fault(ex, scene, "not_an_agent");
	return code_play(ex, scene, &platform_flavour, ex->token);
}

enum MHD_Result code_answer_messages(struct exchange *ex, struct scene *scene)
{
	const char *key = exchange_credential(ex);
	const char *refused = code_key_fault(ex, key);
	struct refusal no = { 0 };

	if (refused)
		return platform_fault(ex, scene, refused);
	if (!exchange_header(ex, "anthropic-version")) {
		(void)refuse(&no, "anthropic-version: header is required");
		return platform_refuse(ex, &no);
	}
	return code_play(ex, scene, &anthropic_flavour, key);
}

static void model_add(struct text *body, const struct platform_model *m)
{
	bool effort = platform_has_effort(m);
	bool high = strcmp(m->id, "k3") == 0 || strcmp(m->id, "k3-256k") == 0;

	text_printf(body,
		    "{\"id\":\"%s\",\"display_name\":\"Fake %s\","
		    "\"context_length\":%d,\"supports_reasoning\":true,"
		    "\"supports_image_in\":true,\"supports_video_in\":true,"
		    "\"supports_tool_use\":true,"
		    "\"supports_thinking_type\":\"%s\",\"think_efforts\":{"
		    "\"support\":%s",
		    m->id, m->id, m->context,
		    platform_has_switch(m) ? "both" : "only",
		    effort ? "true" : "false");
	if (effort)
		text_printf(body,
			    ",\"valid_efforts\":[\"low\",\"high\",\"max\"],"
			    "\"default_effort\":\"%s\"",
			    high ? "high" : "max");
	text_put(body, "}}");
}

/* Agents may differ; the list is the same for all. */
enum MHD_Result code_answer_models(struct exchange *ex, struct scene *scene)
{
	const char *refused = code_key_fault(ex, ex->token);
	const struct platform_model *m = code_models;
	struct text body = { 0 };

	if (refused)
		return platform_fault(ex, scene, refused);
	text_put(&body, "{\"data\":[");
	for (; m->id; m++) {
		if (strstr(m->id, "highspeed") && !strstr(ex->token, "high"))
			continue;
		text_put(&body, m == code_models ? "" : ",");
		model_add(&body, m);
	}
	text_put(&body, "]}");
	return exchange_json(ex, scene, MHD_HTTP_OK, &body);
}

enum MHD_Result code_answer_unknown(struct exchange *ex, struct scene *scene)
{
	struct text body = { 0 };
	enum MHD_Result result;

	text_put(&body, "method not found");
	result = exchange_reply(ex, scene, MHD_HTTP_NOT_FOUND,
				"text/plain; charset=utf-8", &body);
	text_fini(&body);
	return result;
}
