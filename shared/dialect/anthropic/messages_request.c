/* SPDX-License-Identifier: MIT */
/* Anthropic Messages: the fields of a request. */
#include "dialect/anthropic/messages_request.h"

#include <math.h>
#include <string.h>

#include "dialect/anthropic/messages_input.h"
#include "dialect/anthropic/messages_tools.h"
#include "dialect/common_fields.h"

#define SESSION "_session_"

static bool read_limit(struct decoder *d, const char *name, const cJSON *v)
{
	double n = 0;

	if (!field_range(d, name, v, 0, 1e9, &n))
		return false;
	if (n != floor(n))
		return field_wrong_type(d, name, "an integer");
	d->request->max_tokens = (int64_t)n;
	return true;
}

static bool read_messages(struct decoder *d, const char *name, const cJSON *v)
{
	(void)name;
	return anthropic_messages_input_read(d->arena, v, d->request, d->error);
}

static bool read_system(struct decoder *d, const char *name, const cJSON *v)
{
	(void)name;
	return anthropic_messages_input_read_system(
		d->arena, v, &d->request->instructions, d->error);
}

static bool read_unit(struct decoder *d, const char *name, const cJSON *v)
{
	return field_range(d, name, v, 0, 1, &d->request->temperature);
}

static bool read_thinking(struct decoder *d, const char *name, const cJSON *v)
{
	const char *type = json_text(v, "type");

	if (!cJSON_IsObject(v))
		return field_wrong_type(d, name, "an object");
	if (type == NULL)
		return error_field(d->error, ERROR_MISSING, "thinking.type",
				   "thinking.type: Field required");
	if (strcmp(type, "disabled") != 0)
		d->request->thinking = CHAT_THINKING_ON;
	return true;
}

/* Our form of a schema has a name, which Anthropic's has not. */
static bool read_format(struct decoder *d, const char *name, const cJSON *v)
{
	const cJSON *schema = json_at(v, "schema");
	const char *type = json_text(v, "type");

	if (!cJSON_IsObject(v))
		return field_wrong_type(d, name, "an object");
	if (type == NULL || strcmp(type, "json_schema") != 0)
		return error_field(d->error, ERROR_VALUE, name,
				   "%s.type: Input should be 'json_schema'",
				   name);
	if (!cJSON_IsObject(schema))
		return error_field(d->error, ERROR_MISSING, name,
				   "%s.schema: Field required", name);
	d->request->format = CHAT_FORMAT_SCHEMA;
	d->request->schema_param = arena_printf(d->arena, "%s.schema", name);
	d->request->schema = arena_printf(
		d->arena, "{\"name\":\"answer\",\"strict\":true,\"schema\":%s}",
		json_print(d->arena, schema));
	return true;
}

static bool read_output(struct decoder *d, const char *name, const cJSON *v)
{
	const cJSON *effort = json_at(v, "effort");
	const cJSON *format = json_at(v, "format");

	if (!cJSON_IsObject(v))
		return field_wrong_type(d, name, "an object");
	return (effort == NULL ||
		common_field_effort(d, "output_config.effort", effort)) &&
	       (format == NULL ||
		read_format(d, "output_config.format", format));
}

/* Claude Code names its session in there, as JSON or at the end of the text: by
 * it Kimi finds the earlier messages in its cache. */
static const char *session_of(struct arena *a, const char *user)
{
	const char *mark = strstr(user, SESSION);
	struct error ignored;
	const cJSON *tree = json_parse(a, user, strlen(user), &ignored);

	if (tree != NULL)
		return json_text(tree, "session_id");
	return mark == NULL ? NULL : mark + strlen(SESSION);
}

static bool read_user_id(struct decoder *d, const char *name, const cJSON *v)
{
	const char *user = json_text(v, "user_id");

	if (!cJSON_IsObject(v))
		return field_wrong_type(d, name, "an object");
	d->request->metadata = json_print(d->arena, v);
	if (user != NULL)
		d->request->cache_key = session_of(d->arena, user);
	return true;
}

/* SDK 1.12's tool runner would send only what is new; after this error it
 * sends whole conversations. */
static bool read_thread(struct decoder *d, const char *name, const cJSON *v)
{
	(void)v;
	return error_field(d->error, ERROR_UNSUPPORTED, name,
			   "thread: Threads are not supported: send all "
			   "messages");
}

const struct field anthropic_messages_fields[] = {
	{ "model", FIELD_MAPPED, common_field_model, NULL },
	{ "max_tokens", FIELD_MAPPED, read_limit,
	  "required; with 0 the reply is empty" },
	{ "messages", FIELD_MAPPED, read_messages,
	  "roles user, assistant and system; a final assistant message is "
	  "continued" },
	{ "system", FIELD_MAPPED, read_system,
	  "Claude Code's billing header is left out" },
	{ "stream", FIELD_MAPPED, common_field_stream, NULL },
	{ "temperature", FIELD_MAPPED, read_unit, "0 to 1" },
	{ "top_p", FIELD_MAPPED, common_field_top_p, NULL },
	{ "top_k", FIELD_IGNORED, NULL, NULL },
	{ "stop_sequences", FIELD_MAPPED, common_field_stop,
	  "the stop reason is then end_turn" },
	{ "tools", FIELD_MAPPED, anthropic_messages_tools_read,
	  "web_search_* is Kimi's search; other server tools are ignored" },
	{ "tool_choice", FIELD_MAPPED, anthropic_messages_tools_read_choice,
	  NULL },
	{ "thinking", FIELD_MAPPED, read_thinking,
	  "off by default; budget_tokens is ignored" },
	{ "output_format", FIELD_MAPPED, read_format,
	  "former name of output_config.format" },
	{ "output_config", FIELD_MAPPED, read_output, "effort and format" },
	{ "metadata", FIELD_KEPT, read_user_id,
	  "a session_id in user_id selects Kimi's cache" },
	{ "store", FIELD_MAPPED, common_field_store,
	  "our extension; false: no text is stored" },
	{ "thread", FIELD_REFUSED, read_thread,
	  "SDKs then send the whole conversation" },
	{ "service_tier", FIELD_IGNORED, NULL, NULL },
	{ "speed", FIELD_IGNORED, NULL, NULL },
	{ "cache_control", FIELD_IGNORED, NULL, NULL },
	{ "context_management", FIELD_IGNORED, NULL, NULL },
	{ "container", FIELD_IGNORED, NULL, NULL },
	{ "mcp_servers", FIELD_IGNORED, NULL, NULL },
	{ "inference_geo", FIELD_IGNORED, NULL, NULL },
	{ "diagnostics", FIELD_IGNORED, NULL, NULL },
	{ "betas", FIELD_IGNORED, NULL, NULL },
	{ "user_profile_id", FIELD_IGNORED, NULL, NULL },
	{ "workspace_id", FIELD_IGNORED, NULL, NULL },
	{ 0 },
};

static bool require(const cJSON *body, const char *name, struct error *e)
{
	return json_at(body, name) != NULL ||
	       error_field(e, ERROR_MISSING, name, "%s: Field required", name);
}

bool anthropic_messages_request_decode_count(struct arena *a, const cJSON *body,
					     struct chat_request *request,
					     struct error *e)
{
	struct decoder d;

	field_decoder_init(&d, a, request, e);
	request->thinking = CHAT_THINKING_OFF;
	if (!field_table_read(&d, anthropic_messages_fields, body) ||
	    !require(body, "model", e) || !require(body, "messages", e))
		return false;
	if (request->n_messages == 0)
		return error_field(e, ERROR_MISSING, "messages",
				   "messages: at least one message with "
				   "content is required");
	return true;
}

bool anthropic_messages_request_decode(struct arena *a, const cJSON *body,
				       struct chat_request *request,
				       struct error *e)
{
	return anthropic_messages_request_decode_count(a, body, request, e) &&
	       require(body, "max_tokens", e);
}

bool anthropic_messages_request_is_warm_up(const cJSON *body)
{
	return json_int(body, "max_tokens", 1) == 0;
}
