/* SPDX-License-Identifier: MIT */
/* The control endpoints under /_fake: what a test sets, and what it reads. */
#include <string.h>

#include "control.h"
#include "fake.h"
#include "gate.h"
#include "routes.h"
#include "scene.h"

static enum MHD_Result control_wrong(struct exchange *ex, int status,
				     struct text *why)
{
	struct text body = { 0 };

	text_put(&body, "{\"error\":");
	text_quote(&body, why->at, why->length);
	text_put(&body, "}");
	text_fini(why);
	return exchange_json(ex, NULL, status, &body);
}

static enum MHD_Result control_ok(struct exchange *ex)
{
	struct text body = { 0 };

	text_put(&body, "{\"ok\":true}");
	return exchange_json(ex, NULL, MHD_HTTP_OK, &body);
}

enum MHD_Result control_answer_scenes(struct exchange *ex, struct scene *scene)
{
	struct text why = { 0 };

	(void)scene;
	if (!rules_add(ex->fake, ex->json, &why))
		return control_wrong(ex, MHD_HTTP_BAD_REQUEST, &why);
	return control_ok(ex);
}

static bool one_stream_set(struct settings *settings, const cJSON *value)
{
	bool event = cJSON_IsString(value) &&
		     !strcmp(value->valuestring, "sse");

	if (event)
		settings->one_stream = ONE_STREAM_EVENT;
	else
		settings->one_stream = cJSON_IsTrue(value) ? ONE_STREAM_HTTP :
							     ONE_STREAM_OFF;
	return event || cJSON_IsBool(value);
}

/* A part of the service: there, gone with 404, or with that status. */
static bool part_set(int *status, const cJSON *value)
{
	if (cJSON_IsNumber(value))
		*status = value->valueint;
	else
		*status = cJSON_IsFalse(value) ? MHD_HTTP_NOT_FOUND : 0;
	return cJSON_IsBool(value) || (*status >= 400 && *status < 600);
}

static bool models_set(struct fake *fake, const cJSON *value)
{
	cJSON_Delete(fake->models);
	fake->models = cJSON_IsObject(value) ? cJSON_Duplicate(value, 1) : NULL;
	return fake->models || cJSON_IsNull(value);
}

static bool code_allow_set(struct fake *fake, const cJSON *value)
{
	const cJSON *prefix;

	cJSON_Delete(fake->code_allow);
	fake->code_allow = NULL;
	if (!cJSON_IsArray(value))
		return cJSON_IsNull(value);
	cJSON_ArrayForEach(prefix, value)
		if (!cJSON_IsString(prefix))
			return false;
	fake->code_allow = cJSON_Duplicate(value, 1);
	return true;
}

/* Settings that are not a flag: *ok says whether the value is right; false:
 * it is none of them. */
static bool setting_known(struct fake *fake, const cJSON *value, bool *ok)
{
	struct settings *settings = &fake->settings;
	const char *name = value->string;

	if (strcmp(name, "lifetime") == 0) {
		settings->lifetime = value->valueint;
		*ok = cJSON_IsNumber(value);
	} else if (strcmp(name, "streams_max") == 0) {
		*ok = cJSON_IsNumber(value) && value->valueint >= 0;
		settings->streams_max = *ok ? (unsigned)value->valueint : 0;
	} else if (strcmp(name, "one_stream") == 0) {
		*ok = one_stream_set(settings, value);
	} else if (strcmp(name, "connect") == 0) {
		*ok = part_set(&settings->connect, value);
	} else if (strcmp(name, "connect_refresh") == 0) {
		*ok = part_set(&settings->connect_refresh, value);
	} else if (strcmp(name, "legacy") == 0) {
		*ok = part_set(&settings->legacy, value);
	} else if (strcmp(name, "models") == 0) {
		*ok = models_set(fake, value);
	} else if (strcmp(name, "code_allow") == 0) {
		*ok = code_allow_set(fake, value);
	} else {
		return false;
	}
	return true;
}

/* Under the lock. */
static void chats_forget(struct fake *fake)
{
	web_chats_clear(&fake->chats);
	connect_chats_clear(&fake->connect_chats);
}

static void access_revoke(struct fake *fake)
{
	web_tokens_revoke(&fake->tokens);
	code_oauth_revoke(&fake->oauth);
}

/* Under the lock; false: no such setting, or a wrong value. */
static bool setting_set(struct fake *fake, const cJSON *value)
{
	struct settings *settings = &fake->settings;
	const char *name = value->string;
	bool ok;

	if (setting_known(fake, value, &ok))
		return ok;
	if (strcmp(name, "rotate") == 0)
		settings->rotate = cJSON_IsTrue(value);
	else if (strcmp(name, "record") == 0)
		settings->record = cJSON_IsTrue(value);
	else if (strcmp(name, "revoke_access") == 0 && cJSON_IsTrue(value))
		access_revoke(fake);
	else if (strcmp(name, "forget_chats") == 0 && cJSON_IsTrue(value))
		chats_forget(fake);
	else
		return cJSON_IsFalse(value);
	return cJSON_IsBool(value);
}

enum MHD_Result control_answer_settings(struct exchange *ex,
					struct scene *scene)
{
	struct fake *fake = ex->fake;
	const cJSON *given = cJSON_IsObject(ex->json) ? ex->json : NULL;
	const cJSON *value;
	struct text why = { 0 };

	(void)scene;
	if (!given)
		text_put(&why, "settings are a JSON object");
	pthread_mutex_lock(&fake->lock);
	cJSON_ArrayForEach(value, given)
		if (!setting_set(fake, value))
			text_printf(&why, "wrong setting \"%s\"",
				    value->string);
	pthread_mutex_unlock(&fake->lock);
	if (why.length)
		return control_wrong(ex, MHD_HTTP_BAD_REQUEST, &why);
	return control_ok(ex);
}

enum MHD_Result control_answer_gates(struct exchange *ex, struct scene *scene)
{
	const cJSON *given = cJSON_IsObject(ex->json) ? ex->json : NULL;
	const cJSON *value;
	struct text why = { 0 };

	(void)scene;
	if (!given)
		text_put(&why, "gates are a JSON object");
	pthread_mutex_lock(&ex->fake->lock);
	cJSON_ArrayForEach(value, given)
		if (cJSON_IsNumber(value) && value->valueint > 0)
			gate_open(ex->fake, value->string, value->valueint);
		else
			text_printf(&why, "no number of pieces for \"%s\"",
				    value->string);
	pthread_mutex_unlock(&ex->fake->lock);
	if (why.length)
		return control_wrong(ex, MHD_HTTP_BAD_REQUEST, &why);
	return control_ok(ex);
}

enum MHD_Result control_answer_stats(struct exchange *ex, struct scene *scene)
{
	struct text body = { 0 }, chats = { 0 };

	(void)scene;
	web_chats_list(ex->fake, &chats);
	chats.length--; /* its ']' */
	connect_chats_ids(ex->fake, chats.length > 1 ? "," : "", &chats);
	text_put(&body, "{\"requests\":");
	routes_counts(ex->fake, &body);
	text_put(&body, ",");
	record_stats(ex->fake, &body);
	text_put(&body, ",\"chats\":");
	text_add(&body, chats.at, chats.length);
	text_put(&body, "]}");
	text_fini(&chats);
	return exchange_json(ex, NULL, MHD_HTTP_OK, &body);
}

enum MHD_Result control_answer_requests(struct exchange *ex,
					struct scene *scene)
{
	struct text body = { 0 };

	(void)scene;
	record_list(ex->fake, &body);
	return exchange_json(ex, NULL, MHD_HTTP_OK, &body);
}

enum MHD_Result control_answer_reset(struct exchange *ex, struct scene *scene)
{
	(void)scene;
	fake_reset(ex->fake);
	return control_ok(ex);
}

enum MHD_Result control_answer_unknown(struct exchange *ex, struct scene *scene)
{
	struct text why = { 0 };

	(void)scene;
	text_printf(&why, "no control endpoint %s %s", ex->method, ex->path);
	return control_wrong(ex, MHD_HTTP_NOT_FOUND, &why);
}
