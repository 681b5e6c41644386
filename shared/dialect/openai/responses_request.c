/* SPDX-License-Identifier: MIT */
/* Responses: the request. One table says what happens to every field. */
#include "dialect/openai/responses_request.h"

#include <string.h>

#include "chat/unanswered_calls.h"
#include "dialect/common_fields.h"
#include "dialect/openai/items_read.h"
#include "dialect/openai/responses_tools.h"

#define LIMIT (64 * 1024 * 1024)

static bool read_input_text(struct decoder *d, const char *text)
{
	struct chat_message *m = arena_alloc(d->arena, sizeof(*m));
	struct chat_part *part = arena_alloc(d->arena, sizeof(*part));

	if (*text == '\0')
		return true;
	part->text = text;
	m->role = CHAT_USER;
	m->parts = part;
	m->n_parts = 1;
	d->request->messages = m;
	d->request->n_messages = 1;
	return true;
}

static bool ends_with_trigger(const cJSON *items)
{
	const char *type = items->child == NULL ?
				   NULL :
				   json_text(items->child->prev, "type");

	return type != NULL && strcmp(type, OPENAI_ITEMS_TRIGGER) == 0;
}

static bool read_input(struct decoder *d, const char *name, const cJSON *v)
{
	struct chat_message *messages;
	size_t n;

	if (cJSON_IsString(v))
		return read_input_text(d, v->valuestring);
	if (!cJSON_IsArray(v))
		return field_wrong_type(d, name, "a string or an array");
	if (!openai_items_read(d, v, name, &messages, &n))
		return false;
	d->request->compacts = ends_with_trigger(v);
	d->request->messages = messages;
	d->request->n_messages = n;
	chat_unanswered_calls_fill(d->arena, &d->request->messages,
				   &d->request->n_messages);
	return true;
}

static bool read_instructions(struct decoder *d, const char *name,
			      const cJSON *v)
{
	if (!field_text(d, name, v, &d->request->instructions))
		return false;
	if (*d->request->instructions == '\0')
		d->request->instructions = NULL;
	return true;
}

static bool read_previous(struct decoder *d, const char *name, const cJSON *v)
{
	d->request->appends = true;
	return field_text(d, name, v, &d->request->previous);
}

/* The id alone, or an object that has it. */
static bool read_conversation(struct decoder *d, const char *name,
			      const cJSON *v)
{
	const char *id = cJSON_IsString(v) ? v->valuestring :
					     json_text(v, "id");

	if (id == NULL)
		return field_wrong_type(d, name,
					"an id or an object with an 'id'");
	d->request->conversation = id;
	d->request->appends = true;
	return true;
}

static bool read_background(struct decoder *d, const char *name, const cJSON *v)
{
	return field_bool(d, name, v, &d->request->background);
}

static bool read_reasoning(struct decoder *d, const char *name, const cJSON *v)
{
	const cJSON *effort = json_at(v, "effort");

	if (!cJSON_IsObject(v))
		return field_wrong_type(d, name, "an object");
	return effort == NULL ||
	       common_field_effort(d, arena_printf(d->arena, "%s.effort", name),
				   effort);
}

/* Flat here; the neutral form is that of chat completions, without "type". */
static bool read_schema(struct decoder *d, const char *name,
			const cJSON *format)
{
	const cJSON *schema = json_at(format, "schema"), *member;
	struct buf *out = arena_buf(d->arena, LIMIT);
	struct json_writer w;

	if (json_text(format, "name") == NULL || !cJSON_IsObject(schema))
		return error_field(d->error, ERROR_MISSING, name,
				   "'%s' needs a 'name' and a 'schema'.", name);
	json_writer_init(&w, out);
	json_object(&w, NULL);
	cJSON_ArrayForEach(member, format)
		if (strcmp(member->string, "type") != 0 &&
		    !cJSON_IsNull(member))
			json_put_tree(&w, member->string, member);
	json_close_object(&w);
	d->request->format = CHAT_FORMAT_SCHEMA;
	d->request->schema = buf_text(out);
	d->request->schema_param = arena_printf(d->arena, "%s.schema", name);
	return true;
}

static bool read_format(struct decoder *d, const char *name,
			const cJSON *format)
{
	const char *type = json_text(format, "type"), *param;

	if (type != NULL && strcmp(type, "json_schema") == 0)
		return read_schema(d, name, format);
	if (type != NULL && strcmp(type, "json_object") == 0) {
		d->request->format = CHAT_FORMAT_JSON;
		return true;
	}
	if (type != NULL && strcmp(type, "text") == 0) {
		d->request->format = CHAT_FORMAT_TEXT;
		return true;
	}
	param = arena_printf(d->arena, "%s.type", name);
	return error_field(d->error, ERROR_VALUE, param,
			   "'%s' must be text, json_object or json_schema.",
			   param);
}

static bool read_text(struct decoder *d, const char *name, const cJSON *v)
{
	const cJSON *format = json_at(v, "format");

	if (!cJSON_IsObject(v))
		return field_wrong_type(d, name, "an object");
	return format == NULL ||
	       read_format(d, arena_printf(d->arena, "%s.format", name),
			   format);
}

static bool read_truncation(struct decoder *d, const char *name, const cJSON *v)
{
	const char *word;

	if (!field_text(d, name, v, &word))
		return false;
	d->request->truncates = strcmp(word, "auto") == 0;
	if (d->request->truncates || strcmp(word, "disabled") == 0)
		return true;
	return error_field(d->error, ERROR_VALUE, name,
			   "'%s' must be auto or disabled.", name);
}

static bool read_include(struct decoder *d, const char *name, const cJSON *v)
{
	return cJSON_IsArray(v) || field_wrong_type(d, name, "an array");
}

static bool refuse_prompt(struct decoder *d, const char *name, const cJSON *v)
{
	(void)v;
	return error_field(d->error, ERROR_UNSUPPORTED, name,
			   "Stored prompts are not supported: send "
			   "'instructions' and 'input'.");
}

const struct field openai_responses_fields[] = {
	{ "model", FIELD_MAPPED, common_field_model, NULL },
	{ "input", FIELD_MAPPED, read_input,
	  "optional with previous_response_id or conversation" },
	{ "instructions", FIELD_MAPPED, read_instructions,
	  "for this reply only" },
	{ "previous_response_id", FIELD_MAPPED, read_previous, NULL },
	{ "conversation", FIELD_MAPPED, read_conversation,
	  "not with previous_response_id" },
	{ "store", FIELD_MAPPED, common_field_store, "default: true" },
	{ "background", FIELD_MAPPED, read_background, NULL },
	{ "stream", FIELD_MAPPED, common_field_stream, NULL },
	{ "stream_options", FIELD_IGNORED, NULL, NULL },
	{ "tools", FIELD_MAPPED, openai_responses_tools_read,
	  "function, custom, namespace, tool_search, web_search; others are "
	  "ignored" },
	{ "tool_choice", FIELD_MAPPED, openai_responses_tools_read_choice,
	  NULL },
	{ "parallel_tool_calls", FIELD_MAPPED, common_field_parallel, NULL },
	{ "max_output_tokens", FIELD_MAPPED, common_field_max_tokens, NULL },
	{ "max_tool_calls", FIELD_KEPT, NULL, NULL },
	{ "temperature", FIELD_MAPPED, common_field_temperature,
	  "if the model allows it" },
	{ "top_p", FIELD_MAPPED, common_field_top_p, "if the model allows it" },
	{ "presence_penalty", FIELD_MAPPED, common_field_presence,
	  "if the model allows it" },
	{ "frequency_penalty", FIELD_MAPPED, common_field_frequency,
	  "if the model allows it" },
	{ "top_logprobs", FIELD_KEPT, NULL, NULL },
	{ "reasoning", FIELD_MAPPED, read_reasoning,
	  "effort; the summary is the reasoning itself" },
	{ "text", FIELD_MAPPED, read_text, "format; verbosity is only echoed" },
	{ "include", FIELD_MAPPED, read_include,
	  "reasoning.encrypted_content; other values are ignored" },
	{ "truncation", FIELD_MAPPED, read_truncation, NULL },
	{ "metadata", FIELD_KEPT, common_field_metadata, NULL },
	{ "prompt", FIELD_REFUSED, refuse_prompt,
	  "stored prompts are not supported" },
	{ "user", FIELD_MAPPED, common_field_user, NULL },
	{ "safety_identifier", FIELD_MAPPED, common_field_user,
	  "takes precedence over user" },
	{ "prompt_cache_key", FIELD_MAPPED, common_field_cache_key, NULL },
	{ "prompt_cache_retention", FIELD_IGNORED, NULL, NULL },
	{ "prompt_cache_options", FIELD_IGNORED, NULL, NULL },
	{ "context_management", FIELD_IGNORED, NULL,
	  "compaction is by request: compaction_trigger, or POST "
	  "/v1/responses/compact" },
	{ "service_tier", FIELD_IGNORED, NULL, NULL },
	{ "moderation", FIELD_IGNORED, NULL, NULL },
	{ "access_programs", FIELD_IGNORED, NULL, NULL },
	{ "image", FIELD_IGNORED, NULL, NULL },
	{ "client_metadata", FIELD_IGNORED, NULL, NULL },
	{ 0 },
};

static bool check(struct chat_request *q, struct error *e)
{
	if (!common_field_has_model(q, e))
		return false;
	if (q->previous != NULL && q->conversation != NULL)
		return error_field(e, ERROR_VALUE, "previous_response_id",
				   "Send only one of 'previous_response_id' "
				   "and 'conversation'.");
	if (q->n_messages == 0 && !q->appends)
		return error_field(e, ERROR_MISSING, "input",
				   "'input' is missing or empty.");
	if (q->background && q->store == CHAT_STORE_OFF)
		return error_field(e, ERROR_VALUE, "background",
				   "'background' requires 'store': otherwise "
				   "the reply could not be retrieved.");
	return openai_responses_tools_check_choice(q, e);
}

static bool apply_update(struct decoder *d, const cJSON *v, size_t i)
{
	const cJSON *reasoning = json_at(v, "reasoning");
	const cJSON *text = json_at(v, "text");

	return (reasoning == NULL ||
		read_reasoning(
			d, arena_printf(d->arena, "input[%zu].reasoning", i),
			reasoning)) &&
	       (text == NULL ||
		read_text(d, arena_printf(d->arena, "input[%zu].text", i),
			  text));
}

/* Items that change what the request says, the last of them for good. */
static bool apply_updates(struct decoder *d, const cJSON *input)
{
	const cJSON *v;
	size_t i = 0;

	if (!cJSON_IsArray(input))
		return true;
	cJSON_ArrayForEach(v, input) {
		const char *type = json_text(v, "type");
		size_t place = i++;

		if (type != NULL && strcmp(type, "configuration_update") == 0 &&
		    !apply_update(d, v, place))
			return false;
	}
	return true;
}

bool openai_responses_request_decode(struct arena *a, const cJSON *body,
				     struct chat_request *request,
				     struct error *e)
{
	struct decoder d;

	field_decoder_init(&d, a, request, e);
	request->store = CHAT_STORE_ON;
	return field_table_read(&d, openai_responses_fields, body) &&
	       apply_updates(&d, json_at(body, "input")) && check(request, e);
}
