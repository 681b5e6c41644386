/* SPDX-License-Identifier: MIT */
/* The body of /messages: blocks in messages whose roles alternate. */
#include "upstream/api/messages_request.h"

#include <ctype.h>
#include <string.h>

#include "base/json.h"
#include "chat/call_arguments.h"
#include "chat/call_id.h"
#include "upstream/api/inline_file.h"
#include "upstream/api/model_fit.h"
#include "upstream/api/request_body.h"

#define DEFAULT_MAX_TOKENS 32768

struct writer {
	struct json_writer json;
	struct arena *arena;
	const struct model *model;
	const struct chat_request *request;
	struct error *error;
	const char *role; /* of the open message; NULL: none is */
	bool system_only; /* no other messages: then they are the user's */
	int64_t max_tokens;
};

static bool has(const struct writer *w, unsigned traits)
{
	return (w->model->traits & traits) != 0;
}

static void close_message(struct writer *w)
{
	if (w->role == NULL)
		return;
	json_close_array(&w->json);
	json_close_object(&w->json);
	w->role = NULL;
}

/* Opens a block; consecutive blocks of one role are one message. */
static void open_block(struct writer *w, const char *role, const char *type)
{
	if (w->role == NULL || strcmp(w->role, role) != 0) {
		close_message(w);
		json_object(&w->json, NULL);
		json_put_text(&w->json, "role", role);
		json_array(&w->json, "content");
		w->role = role;
	}
	json_object(&w->json, NULL);
	json_put_text(&w->json, "type", type);
}

/* Kimi refuses empty texts. */
static void put_text(struct writer *w, const char *role, const char *text)
{
	if (*text == '\0')
		return;
	open_block(w, role, "text");
	json_put_text(&w->json, "text", text);
	json_close_object(&w->json);
}

static bool put_source(struct writer *w, const struct chat_part *part)
{
	json_object(&w->json, "source");
	if (part->file == NULL) {
		json_put_text(&w->json, "type", "url");
		json_put_text(&w->json, "url", part->text);
	} else {
		json_put_text(&w->json, "type", "base64");
		json_put_text(&w->json, "media_type",
			      inline_file_type(part->file, w->arena));
		if (!inline_file_put(&w->json, "data", "", part->file,
				     w->error))
			return false;
	}
	json_close_object(&w->json);
	return true;
}

static bool put_image(struct writer *w, const char *role,
		      const struct chat_part *part)
{
	if (part->kind != CHAT_PART_IMAGE)
		return error_field(w->error, ERROR_VALUE,
				   part->param != NULL ? part->param : "",
				   "Kimi Code does not accept videos in its "
				   "Messages API: send images.");
	if (!request_body_has_medium(part))
		return request_body_refuse_url(part, w->error);
	open_block(w, role, "image");
	if (!put_source(w, part))
		return false;
	json_close_object(&w->json);
	return true;
}

static bool put_parts(struct writer *w, const char *role,
		      const struct chat_message *m)
{
	for (size_t j = 0; j < m->n_parts; j++)
		if (m->parts[j].kind == CHAT_PART_TEXT)
			put_text(w, role, m->parts[j].text);
		else if (!put_image(w, role, &m->parts[j]))
			return false;
	return true;
}

/* Kimi's id of a call, in the characters that this flavour takes. */
static const char *id_of(struct writer *w, const char *call_id)
{
	char *id = call_id_unwrap(w->arena, call_id);

	for (char *p = id; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && *p != '-')
			*p = '_';
	return id;
}

static void open_result(struct writer *w, const char *call_id)
{
	open_block(w, "user", "tool_result");
	json_put_text(&w->json, "tool_use_id", id_of(w, call_id));
}

static bool put_result(struct writer *w, const struct chat_message *m)
{
	open_result(w, m->call_id);
	json_array(&w->json, "content");
	if (!put_parts(w, "user", m))
		return false;
	json_close_array(&w->json);
	json_close_object(&w->json);
	return true;
}

static void put_call(struct writer *w, const struct chat_call *call)
{
	open_block(w, "assistant", "tool_use");
	json_put_text(&w->json, "id", id_of(w, call->id));
	json_put_text(&w->json, "name", call->name);
	json_put_raw(&w->json, "input",
		     call_arguments_object(w->arena, call->arguments));
	json_close_object(&w->json);
}

static bool put_assistant(struct writer *w, size_t i)
{
	const struct chat_message *m = &w->request->messages[i];

	if (m->reasoning != NULL || m->n_calls > 0) {
		open_block(w, "assistant", "thinking");
		json_put_text(&w->json, "thinking",
			      m->reasoning != NULL ? m->reasoning :
						     REQUEST_BODY_NO_REASONING);
		json_close_object(&w->json);
	}
	if (!put_parts(w, "assistant", m))
		return false;
	for (size_t k = 0; k < m->n_calls; k++)
		put_call(w, &m->calls[k]);
	for (size_t k = 0; k < m->n_calls; k++) {
		if (request_body_is_answered(w->request, i, k))
			continue;
		open_result(w, m->calls[k].id);
		json_put_text(&w->json, "content", REQUEST_BODY_NO_RESULT);
		json_close_object(&w->json);
	}
	return true;
}

static bool put_messages(struct writer *w)
{
	bool ok = true;

	json_array(&w->json, "messages");
	for (size_t i = 0; ok && i < w->request->n_messages; i++) {
		const struct chat_message *m = &w->request->messages[i];

		switch (m->role) {
		case CHAT_SYSTEM:
			ok = !w->system_only || put_parts(w, "user", m);
			break;
		case CHAT_USER:
			ok = put_parts(w, "user", m);
			break;
		case CHAT_ASSISTANT:
			ok = put_assistant(w, i);
			break;
		case CHAT_TOOL:
			ok = put_result(w, m);
			break;
		}
	}
	close_message(w);
	json_close_array(&w->json);
	return ok;
}

static void put_system_text(struct writer *w, bool *begun, const char *text)
{
	if (*text == '\0')
		return;
	if (!*begun)
		json_array(&w->json, "system");
	*begun = true;
	json_object(&w->json, NULL);
	json_put_text(&w->json, "type", "text");
	json_put_text(&w->json, "text", text);
	json_close_object(&w->json);
}

static void put_system(struct writer *w)
{
	const struct chat_request *q = w->request;
	bool begun = false;

	for (size_t i = 0; i < q->n_messages; i++)
		if (q->messages[i].role == CHAT_SYSTEM && !w->system_only)
			put_system_text(w, &begun,
					chat_message_text(&q->messages[i],
							  w->arena));
	/* There are schemas here, but no field for JSON of any kind. */
	if (q->format == CHAT_FORMAT_JSON)
		put_system_text(w, &begun,
				"Answer with one JSON object and nothing "
				"else.");
	if (begun)
		json_close_array(&w->json);
}

static const char *choice_of(const struct writer *w)
{
	if (w->request->tool_choice == CHAT_TOOLS_NONE)
		return "none";
	return model_fit_forces_call(w->model, w->request) ? "any" : "auto";
}

static bool put_tools(struct writer *w)
{
	const struct chat_request *q = w->request;
	const char *choice = choice_of(w);

	if (q->n_tools == 0)
		return true;
	if (!request_body_check_tools(q, w->error))
		return false;
	json_array(&w->json, "tools");
	for (size_t i = 0; i < q->n_tools; i++) {
		const struct chat_tool *tool = &q->tools[i];

		if (!request_body_sends_tool(q, tool))
			continue;
		json_object(&w->json, NULL);
		json_put_text(&w->json, "name", tool->name);
		if (tool->description != NULL)
			json_put_text(&w->json, "description",
				      tool->description);
		if (!request_body_put_parameters(
			    &w->json, w->arena, "input_schema", tool, w->error))
			return false;
		json_close_object(&w->json);
	}
	json_close_array(&w->json);
	if (strcmp(choice, "auto") == 0 && !q->one_call)
		return true;
	json_object(&w->json, "tool_choice");
	json_put_text(&w->json, "type", choice);
	if (q->one_call && strcmp(choice, "none") != 0)
		json_put_bool(&w->json, "disable_parallel_tool_use", true);
	json_close_object(&w->json);
	return true;
}

/* Whether the model has to be told to think or how: it chooses for how long, or
 * it need not think at all and the client has asked for it. */
static bool is_told_to_think(const struct writer *w)
{
	const struct chat_request *q = w->request;

	return has(w, MODEL_ADAPTIVE) ||
	       (has(w, MODEL_THINKING_SWITCH) &&
		(q->thinking != CHAT_THINKING_DEFAULT || q->effort != NULL));
}

/* A model that chooses how long it thinks is told to show it. Of the others,
 * those that take no effort get a budget, which the format requires. */
static void put_thinking(struct writer *w)
{
	bool off = model_fit_stops_thinking(w->model, w->request);

	if (!off && !is_told_to_think(w))
		return;
	json_object(&w->json, "thinking");
	if (off) {
		json_put_text(&w->json, "type", "disabled");
	} else if (has(w, MODEL_ADAPTIVE)) {
		json_put_text(&w->json, "type", "adaptive");
		json_put_text(&w->json, "display", "summarized");
	} else {
		json_put_text(&w->json, "type", "enabled");
		if (!has(w, MODEL_EFFORT))
			json_put_int(&w->json, "budget_tokens",
				     w->max_tokens - 1);
	}
	json_close_object(&w->json);
}

static bool put_format(struct writer *w)
{
	const struct chat_request *q = w->request;
	struct error ignored;
	const cJSON *format =
		json_parse(w->arena, q->schema, strlen(q->schema), &ignored);
	const cJSON *schema = json_at(format, "schema");
	const struct request_body_schema body = {
		.json = schema != NULL ? json_print(w->arena, schema) : "{}",
		.strict = cJSON_IsTrue(json_at(format, "strict")),
		.param = q->schema_param,
	};
	bool ok;

	json_object(&w->json, "format");
	json_put_text(&w->json, "type", "json_schema");
	ok = request_body_put_schema(&w->json, w->arena, "schema", &body,
				     w->error);
	json_close_object(&w->json);
	return ok;
}

static bool put_output(struct writer *w)
{
	const struct chat_request *q = w->request;
	const char *effort = model_fit_effort(w->model, q);
	bool ok;

	if (effort == NULL && q->format != CHAT_FORMAT_SCHEMA)
		return true;
	json_object(&w->json, "output_config");
	if (effort != NULL)
		json_put_text(&w->json, "effort", effort);
	ok = q->format != CHAT_FORMAT_SCHEMA || put_format(w);
	json_close_object(&w->json);
	return ok;
}

/* By this Kimi finds its cache, and users that it should not serve. */
static void put_metadata(struct writer *w)
{
	const struct chat_request *q = w->request;
	const char *id = q->cache_key != NULL ? q->cache_key : q->user;

	if (id == NULL)
		return;
	json_object(&w->json, "metadata");
	json_put_text(&w->json, "user_id", id);
	json_close_object(&w->json);
}

static bool is_system_only(const struct chat_request *q)
{
	for (size_t i = 0; i < q->n_messages; i++)
		if (q->messages[i].role != CHAT_SYSTEM)
			return false;
	return true;
}

static void put_limits(struct writer *w)
{
	const struct chat_request *q = w->request;
	int64_t context = w->model->context;

	w->max_tokens = model_fit_limit(w->model,
					q->max_tokens > 0 ? q->max_tokens :
							    DEFAULT_MAX_TOKENS,
					(size_t)rope_size(w->json.rope));
	if (context > 0 && w->max_tokens > context)
		w->max_tokens = context;
	json_put_int(&w->json, "max_tokens", w->max_tokens);
	if (q->n_stop == 0)
		return;
	json_array(&w->json, "stop_sequences");
	for (size_t i = 0; i < q->n_stop; i++)
		json_put_text(&w->json, NULL, q->stop[i]);
	json_close_array(&w->json);
}

bool messages_request_write(struct rope *out, struct arena *a,
			    const struct model *model,
			    const struct chat_request *request, struct error *e)
{
	struct writer w = { .arena = a,
			    .model = model,
			    .request = request,
			    .error = e,
			    .system_only = is_system_only(request) };

	json_writer_init_rope(&w.json, out);
	json_object(&w.json, NULL);
	json_put_text(&w.json, "model",
		      model->wire != NULL ? model->wire : model->name);
	if (!put_tools(&w))
		return false;
	put_system(&w);
	if (!put_messages(&w))
		return false;
	put_limits(&w);
	put_thinking(&w);
	if (!put_output(&w))
		return false;
	put_metadata(&w);
	json_put_bool(&w.json, "stream", true);
	json_close_object(&w.json);
	return request_body_fits(out, e);
}
