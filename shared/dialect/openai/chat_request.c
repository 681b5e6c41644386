/* SPDX-License-Identifier: MIT */
/*
 * Chat completions: the request. One table says whether a field is read or
 * refused; fields that are not in it are ignored, as clients send fields newer
 * than any list.
 */
#include "dialect/openai/chat_request.h"

#include <string.h>

#include "dialect/common_fields.h"
#include "dialect/openai/chat_messages.h"
#include "dialect/openai/chat_tools.h"

static bool read_messages(struct decoder *d, const char *name, const cJSON *v)
{
	(void)name;
	return openai_chat_messages_read(d->arena, v, d->request, d->error);
}

static bool read_tools(struct decoder *d, const char *name, const cJSON *v)
{
	(void)name;
	return openai_chat_tools_read(d->arena, v, d->request, d->error);
}

static bool read_named_choice(struct decoder *d, const char *name,
			      const cJSON *v)
{
	d->request->tool_name = json_text(v, "function.name");
	if (d->request->tool_name == NULL)
		return error_field(d->error, ERROR_VALUE, name,
				   "'tool_choice' must be none, auto, "
				   "required or name a function.");
	d->request->tool_choice = CHAT_TOOLS_NAMED;
	return true;
}

/* The mode of a choice: of the string itself, or of allowed_tools. */
static bool read_tool_choice(struct decoder *d, const char *name,
			     const cJSON *v)
{
	static const char *const modes[] = {
		[CHAT_TOOLS_AUTO] = "auto",
		[CHAT_TOOLS_NONE] = "none",
		[CHAT_TOOLS_REQUIRED] = "required",
	};
	const cJSON *allowed = json_at(v, "allowed_tools");
	const char *mode = cJSON_IsString(v) ? v->valuestring :
					       json_text(allowed, "mode");

	if (!cJSON_IsString(v) && !cJSON_IsObject(v))
		return field_wrong_type(d, name, "a string or an object");
	if (mode == NULL)
		return read_named_choice(d, name, v);
	if (allowed != NULL &&
	    !openai_chat_tools_allow(d->arena, json_at(allowed, "tools"),
				     d->request, d->error))
		return false;
	for (int i = CHAT_TOOLS_AUTO; i <= CHAT_TOOLS_REQUIRED; i++)
		if (strcmp(mode, modes[i]) == 0) {
			d->request->tool_choice = (enum chat_tool_choice)i;
			/* So far only a tool can have asked for one. */
			if (i == CHAT_TOOLS_NONE)
				d->request->search = CHAT_SEARCH_DEFAULT;
			return true;
		}
	return error_field(d->error, ERROR_VALUE, name,
			   "'tool_choice' must be none, auto or required.");
}

static bool read_web_search(struct decoder *d, const char *name, const cJSON *v)
{
	if (!cJSON_IsObject(v))
		return field_wrong_type(d, name, "an object");
	d->request->search = CHAT_SEARCH_ON;
	return true;
}

/* Kimi's own switch. */
static bool read_use_search(struct decoder *d, const char *name, const cJSON *v)
{
	bool on = true;

	if (!field_bool(d, name, v, &on))
		return false;
	d->request->search = on ? CHAT_SEARCH_ON : CHAT_SEARCH_OFF;
	return true;
}

static bool read_schema(struct decoder *d, const cJSON *v)
{
	const cJSON *schema = json_at(v, "json_schema");

	if (!cJSON_IsObject(schema) || json_text(schema, "name") == NULL)
		return error_field(d->error, ERROR_MISSING,
				   "response_format.json_schema",
				   "'response_format.json_schema' needs a "
				   "'name' and a 'schema'.");
	d->request->format = CHAT_FORMAT_SCHEMA;
	d->request->schema = json_print(d->arena, schema);
	d->request->schema_param = "response_format.json_schema.schema";
	return true;
}

static bool read_format(struct decoder *d, const char *name, const cJSON *v)
{
	const char *type = json_text(v, "type");

	if (!cJSON_IsObject(v))
		return field_wrong_type(d, name, "an object");
	if (type != NULL && strcmp(type, "json_schema") == 0)
		return read_schema(d, v);
	if (type != NULL && strcmp(type, "json_object") == 0) {
		d->request->format = CHAT_FORMAT_JSON;
		return true;
	}
	if (type != NULL && strcmp(type, "text") == 0)
		return true;
	return error_field(d->error, ERROR_VALUE, "response_format.type",
			   "'response_format.type' must be text, json_object "
			   "or json_schema.");
}

static bool read_thinking(struct decoder *d, const char *name, const cJSON *v)
{
	const char *type = json_text(v, "type");
	const cJSON *effort = json_at(v, "effort");

	if (!cJSON_IsObject(v))
		return field_wrong_type(d, name, "an object");
	if (type == NULL ||
	    (strcmp(type, "enabled") != 0 && strcmp(type, "disabled") != 0))
		return error_field(d->error, ERROR_VALUE, "thinking.type",
				   "'thinking.type' must be enabled or "
				   "disabled.");
	d->request->thinking = *type == 'e' ? CHAT_THINKING_ON :
					      CHAT_THINKING_OFF;
	d->request->thinking_keep = json_text(v, "keep");
	return effort == NULL ||
	       common_field_effort(d, "thinking.effort", effort);
}

static bool read_modalities(struct decoder *d, const char *name, const cJSON *v)
{
	const cJSON *m;

	if (!cJSON_IsArray(v))
		return field_wrong_type(d, name, "an array");
	cJSON_ArrayForEach(m, v)
		if (cJSON_IsString(m) && strcmp(m->valuestring, "audio") == 0)
			return error_field(d->error, ERROR_UNSUPPORTED, name,
					   "Audio is not supported: request "
					   "text only.");
	return true;
}

static bool refuse_functions(struct decoder *d, const char *name,
			     const cJSON *v)
{
	(void)v;
	return error_field(d->error, ERROR_UNSUPPORTED, name,
			   "'%s' is no longer supported: send 'tools' and "
			   "'tool_choice'.",
			   name);
}

const struct field openai_chat_fields[] = {
	{ "model", FIELD_MAPPED, common_field_model, NULL },
	{ "messages", FIELD_MAPPED, read_messages, NULL },
	{ "stream", FIELD_MAPPED, common_field_stream, NULL },
	{ "stream_options", FIELD_MAPPED, common_field_stream_options,
	  "include_usage; other members are ignored" },
	{ "max_tokens", FIELD_MAPPED, common_field_max_tokens, NULL },
	{ "max_completion_tokens", FIELD_MAPPED, common_field_max_tokens,
	  "takes precedence over max_tokens" },
	{ "temperature", FIELD_MAPPED, common_field_temperature,
	  "if the model allows it" },
	{ "top_p", FIELD_MAPPED, common_field_top_p, "if the model allows it" },
	{ "presence_penalty", FIELD_MAPPED, common_field_presence,
	  "if the model allows it" },
	{ "frequency_penalty", FIELD_MAPPED, common_field_frequency,
	  "if the model allows it" },
	{ "n", FIELD_MAPPED, common_field_n,
	  "1 to 8; 1 in a conversation and with store: true" },
	{ "stop", FIELD_MAPPED, common_field_stop, NULL },
	{ "tools", FIELD_MAPPED, read_tools, NULL },
	{ "tool_choice", FIELD_MAPPED, read_tool_choice, NULL },
	{ "parallel_tool_calls", FIELD_MAPPED, common_field_parallel, NULL },
	{ "web_search_options", FIELD_MAPPED, read_web_search,
	  "turns Kimi's search on" },
	{ "use_search", FIELD_MAPPED, read_use_search, "Kimi's own switch" },
	{ "functions", FIELD_REFUSED, refuse_functions, "superseded by tools" },
	{ "function_call", FIELD_REFUSED, refuse_functions,
	  "superseded by tool_choice" },
	{ "response_format", FIELD_MAPPED, read_format, NULL },
	{ "reasoning_effort", FIELD_MAPPED, common_field_effort, NULL },
	{ "thinking", FIELD_MAPPED, read_thinking,
	  "Kimi's form; takes precedence over reasoning_effort" },
	{ "modalities", FIELD_IGNORED, read_modalities, "audio is refused" },
	{ "store", FIELD_MAPPED, common_field_store,
	  "true: can be retrieved; false: no text is stored" },
	{ "metadata", FIELD_KEPT, common_field_metadata, "with store: true" },
	{ "user", FIELD_MAPPED, common_field_user, NULL },
	{ "safety_identifier", FIELD_MAPPED, common_field_user,
	  "takes precedence over user" },
	{ "prompt_cache_key", FIELD_MAPPED, common_field_cache_key, NULL },
	{ "seed", FIELD_IGNORED, NULL, NULL },
	{ "logprobs", FIELD_IGNORED, NULL, NULL },
	{ "top_logprobs", FIELD_IGNORED, NULL, NULL },
	{ "logit_bias", FIELD_IGNORED, NULL, NULL },
	{ "verbosity", FIELD_IGNORED, NULL, NULL },
	{ "audio", FIELD_IGNORED, NULL, NULL },
	{ "prediction", FIELD_IGNORED, NULL, NULL },
	{ "service_tier", FIELD_IGNORED, NULL, NULL },
	{ "moderation", FIELD_IGNORED, NULL, NULL },
	{ 0 },
};

static bool check_tool_name(const struct chat_request *r, struct error *e)
{
	if (r->tool_choice == CHAT_TOOLS_REQUIRED && r->n_tools == 0)
		return error_field(e, ERROR_VALUE, "tool_choice",
				   "'tool_choice' is required but there are "
				   "no 'tools'.");
	if (r->tool_choice != CHAT_TOOLS_NAMED)
		return true;
	for (size_t i = 0; i < r->n_tools; i++)
		if (strcmp(r->tools[i].name, r->tool_name) == 0)
			return true;
	return error_field(e, ERROR_VALUE, "tool_choice",
			   "'tool_choice' names '%.64s', which is not in "
			   "'tools'.",
			   r->tool_name);
}

/* What is stored has one choice. */
static bool check_store(const struct chat_request *r, struct error *e)
{
	return r->n == 1 || r->store != CHAT_STORE_ON ||
	       error_field(e, ERROR_UNSUPPORTED, "n",
			   "A completion with several choices cannot be "
			   "stored: send 'n' as 1, or leave out 'store'.");
}

bool openai_chat_request_decode(struct arena *a, const cJSON *body,
				struct chat_request *request, struct error *e)
{
	struct decoder d;

	field_decoder_init(&d, a, request, e);
	if (!field_table_read(&d, openai_chat_fields, body))
		return false;
	if (!common_field_has_model(request, e))
		return false;
	if (request->n_messages == 0)
		return error_field(e, ERROR_MISSING, "messages",
				   "'messages' is missing or empty.");
	return check_tool_name(request, e) && check_store(request, e);
}
