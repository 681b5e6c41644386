/* SPDX-License-Identifier: MIT */
/*
 * Chat completions: the request. One table says of every field whether it is
 * read or refused; what is not in the table is ignored, as clients send fields
 * newer than any list.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dialect/openai_chat.h"

#define MAX_STOP 4
#define MAX_METADATA 16
#define MAX_METADATA_KEY 64
#define MAX_METADATA_VALUE 512

struct decoder {
	struct arena *arena;
	struct chat_request *request;
	struct error *error;
};

typedef bool read_field(struct decoder *d, const char *name, const cJSON *v);

static bool wrong_type(struct decoder *d, const char *name, const char *want)
{
	return error_field(d->error, ERROR_TYPE, name, "'%s' must be %s.", name,
			   want);
}

static bool read_text(struct decoder *d, const char *name, const cJSON *v,
		      const char **out)
{
	if (!cJSON_IsString(v))
		return wrong_type(d, name, "a string");
	*out = v->valuestring;
	return true;
}

static bool read_bool(struct decoder *d, const char *name, const cJSON *v,
		      bool *out)
{
	if (!cJSON_IsBool(v))
		return wrong_type(d, name, "a boolean");
	*out = cJSON_IsTrue(v);
	return true;
}

static bool read_range(struct decoder *d, const char *name, const cJSON *v,
		       double least, double most, double *out)
{
	if (!cJSON_IsNumber(v))
		return wrong_type(d, name, "a number");
	if (!(v->valuedouble >= least && v->valuedouble <= most))
		return error_field(d->error, ERROR_VALUE, name,
				   "'%s' must be between %g and %g.", name,
				   least, most);
	*out = v->valuedouble;
	return true;
}

static bool read_model(struct decoder *d, const char *name, const cJSON *v)
{
	if (!read_text(d, name, v, &d->request->model))
		return false;
	if (*d->request->model == '\0')
		return error_field(d->error, ERROR_MISSING, name,
				   "'model' is empty: name a model of "
				   "GET /v1/models.");
	return true;
}

static bool read_messages(struct decoder *d, const char *name, const cJSON *v)
{
	(void)name;
	return openai_chat_decode_messages(d->arena, v, d->request, d->error);
}

static bool read_stream(struct decoder *d, const char *name, const cJSON *v)
{
	return read_bool(d, name, v, &d->request->stream);
}

static bool read_stream_options(struct decoder *d, const char *name,
				const cJSON *v)
{
	const cJSON *usage = json_at(v, "include_usage");

	if (!cJSON_IsObject(v))
		return wrong_type(d, name, "an object");
	return usage == NULL || read_bool(d, "stream_options.include_usage",
					  usage, &d->request->include_usage);
}

static bool read_max_tokens(struct decoder *d, const char *name, const cJSON *v)
{
	double n = 0;

	if (!read_range(d, name, v, 1, 1e9, &n))
		return false;
	if (n != floor(n))
		return wrong_type(d, name, "an integer");
	d->request->max_tokens = (int64_t)n;
	return true;
}

static bool read_temperature(struct decoder *d, const char *name,
			     const cJSON *v)
{
	return read_range(d, name, v, 0, 2, &d->request->temperature);
}

static bool read_top_p(struct decoder *d, const char *name, const cJSON *v)
{
	return read_range(d, name, v, 0, 1, &d->request->top_p);
}

static bool read_presence(struct decoder *d, const char *name, const cJSON *v)
{
	return read_range(d, name, v, -2, 2, &d->request->presence_penalty);
}

static bool read_frequency(struct decoder *d, const char *name, const cJSON *v)
{
	return read_range(d, name, v, -2, 2, &d->request->frequency_penalty);
}

static bool read_n(struct decoder *d, const char *name, const cJSON *v)
{
	double n = 0;

	if (!read_range(d, name, v, 1, 128, &n))
		return false;
	if (n != 1)
		return error_field(d->error, ERROR_UNSUPPORTED, name,
				   "Only one choice per request is offered: "
				   "send 'n' as 1 or leave it out.");
	return true;
}

static bool read_stop(struct decoder *d, const char *name, const cJSON *v)
{
	const cJSON *entry = cJSON_IsArray(v) ? v->child : v;
	const char **stop = arena_array(d->arena, MAX_STOP, sizeof(*stop));
	size_t n = 0;

	for (; entry != NULL; entry = entry->next) {
		if (n == MAX_STOP)
			return error_field(d->error, ERROR_VALUE, name,
					   "'stop' takes at most %d strings.",
					   MAX_STOP);
		if (!cJSON_IsString(entry))
			return wrong_type(d, name,
					  "a string or an array of strings");
		if (entry->valuestring[0] != '\0')
			stop[n++] = entry->valuestring;
		if (!cJSON_IsArray(v))
			break;
	}
	d->request->stop = stop;
	d->request->n_stop = n;
	return true;
}

static bool read_tools(struct decoder *d, const char *name, const cJSON *v)
{
	(void)name;
	return openai_chat_decode_tools(d->arena, v, d->request, d->error);
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
	const char *mode = cJSON_IsString(v) ?
				   v->valuestring :
				   json_text(v, "allowed_tools.mode");

	if (!cJSON_IsString(v) && !cJSON_IsObject(v))
		return wrong_type(d, name, "a string or an object");
	if (mode == NULL)
		return read_named_choice(d, name, v);
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
		return wrong_type(d, name, "an object");
	d->request->search = CHAT_SEARCH_ON;
	return true;
}

/* Kimi web's own switch. */
static bool read_use_search(struct decoder *d, const char *name, const cJSON *v)
{
	bool on = true;

	if (!read_bool(d, name, v, &on))
		return false;
	d->request->search = on ? CHAT_SEARCH_ON : CHAT_SEARCH_OFF;
	return true;
}

static bool read_parallel(struct decoder *d, const char *name, const cJSON *v)
{
	bool parallel = true;

	if (!read_bool(d, name, v, &parallel))
		return false;
	d->request->one_call = !parallel;
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
	return true;
}

static bool read_format(struct decoder *d, const char *name, const cJSON *v)
{
	const char *type = json_text(v, "type");

	if (!cJSON_IsObject(v))
		return wrong_type(d, name, "an object");
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

static bool read_effort(struct decoder *d, const char *name, const cJSON *v)
{
	static const char *const efforts[] = {
		"none", "minimal", "low", "medium", "high", "xhigh", "max",
	};

	if (!read_text(d, name, v, &d->request->effort))
		return false;
	for (size_t i = 0; i < sizeof(efforts) / sizeof(*efforts); i++)
		if (strcmp(d->request->effort, efforts[i]) == 0)
			return true;
	return error_field(d->error, ERROR_VALUE, name,
			   "'reasoning_effort' must be none, minimal, low, "
			   "medium, high, xhigh or max.");
}

static bool read_thinking(struct decoder *d, const char *name, const cJSON *v)
{
	const char *type = json_text(v, "type");

	if (!cJSON_IsObject(v))
		return wrong_type(d, name, "an object");
	if (type == NULL ||
	    (strcmp(type, "enabled") != 0 && strcmp(type, "disabled") != 0))
		return error_field(d->error, ERROR_VALUE, "thinking.type",
				   "'thinking.type' must be enabled or "
				   "disabled.");
	d->request->thinking = *type == 'e' ? CHAT_THINKING_ON :
					      CHAT_THINKING_OFF;
	d->request->thinking_keep = json_text(v, "keep");
	return true;
}

static bool read_modalities(struct decoder *d, const char *name, const cJSON *v)
{
	const cJSON *m;

	if (!cJSON_IsArray(v))
		return wrong_type(d, name, "an array");
	cJSON_ArrayForEach(m, v)
		if (cJSON_IsString(m) && strcmp(m->valuestring, "audio") == 0)
			return error_field(d->error, ERROR_UNSUPPORTED, name,
					   "Audio is not offered: ask for "
					   "text.");
	return true;
}

static bool read_metadata(struct decoder *d, const char *name, const cJSON *v)
{
	const cJSON *pair;

	if (!cJSON_IsObject(v))
		return wrong_type(d, name, "an object");
	if (cJSON_GetArraySize(v) > MAX_METADATA)
		return error_field(d->error, ERROR_VALUE, name,
				   "'metadata' takes at most %d pairs.",
				   MAX_METADATA);
	cJSON_ArrayForEach(pair, v)
		if (!cJSON_IsString(pair) ||
		    strlen(pair->string) > MAX_METADATA_KEY ||
		    strlen(pair->valuestring) > MAX_METADATA_VALUE)
			return error_field(d->error, ERROR_VALUE, name,
					   "'metadata' takes strings: names "
					   "to %d and values to %d bytes.",
					   MAX_METADATA_KEY,
					   MAX_METADATA_VALUE);
	return true;
}

static bool read_user(struct decoder *d, const char *name, const cJSON *v)
{
	return read_text(d, name, v, &d->request->user);
}

static bool read_cache_key(struct decoder *d, const char *name, const cJSON *v)
{
	return read_text(d, name, v, &d->request->cache_key);
}

static bool refuse_functions(struct decoder *d, const char *name,
			     const cJSON *v)
{
	(void)v;
	return error_field(d->error, ERROR_UNSUPPORTED, name,
			   "'%s' is the retired form: send 'tools' and "
			   "'tool_choice'.",
			   name);
}

/* In this order; of two names for one thing the later one wins. */
static const struct {
	const char *name;
	read_field *read;
} fields[] = {
	{ "model", read_model },
	{ "messages", read_messages },
	{ "stream", read_stream },
	{ "stream_options", read_stream_options },
	{ "max_tokens", read_max_tokens },
	{ "max_completion_tokens", read_max_tokens },
	{ "temperature", read_temperature },
	{ "top_p", read_top_p },
	{ "presence_penalty", read_presence },
	{ "frequency_penalty", read_frequency },
	{ "n", read_n },
	{ "stop", read_stop },
	{ "tools", read_tools },
	{ "tool_choice", read_tool_choice },
	{ "parallel_tool_calls", read_parallel },
	{ "web_search_options", read_web_search },
	{ "use_search", read_use_search },
	{ "functions", refuse_functions },
	{ "function_call", refuse_functions },
	{ "response_format", read_format },
	{ "reasoning_effort", read_effort },
	{ "thinking", read_thinking },
	{ "modalities", read_modalities },
	{ "metadata", read_metadata },
	{ "user", read_user },
	{ "safety_identifier", read_user },
	{ "prompt_cache_key", read_cache_key },
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

bool openai_chat_decode(struct arena *a, const cJSON *body,
			struct chat_request *request, struct error *e)
{
	struct decoder d = { .arena = a, .request = request, .error = e };

	*request = (struct chat_request){
		.temperature = NAN,
		.top_p = NAN,
		.presence_penalty = NAN,
		.frequency_penalty = NAN,
	};
	if (!cJSON_IsObject(body))
		return error_set(e, ERROR_BAD_REQUEST,
				 "The body must be a JSON object.");
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const cJSON *v = json_at(body, fields[i].name);

		if (v != NULL && !fields[i].read(&d, fields[i].name, v))
			return false;
	}
	if (request->model == NULL)
		return error_field(e, ERROR_MISSING, "model",
				   "'model' is missing: name a model of "
				   "GET /v1/models.");
	if (request->n_messages == 0)
		return error_field(e, ERROR_MISSING, "messages",
				   "'messages' is missing or empty.");
	return check_tool_name(request, e);
}
