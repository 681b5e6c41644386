/* SPDX-License-Identifier: MIT */
/* The body of a chat completion: what the model takes, and no more. */
#include "upstream/api/chat_request.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "chat/call_arguments.h"
#include "chat/call_id.h"
#include "upstream/api/inline_file.h"
#include "upstream/api/model_fit.h"
#include "upstream/api/reasoning_details.h"
#include "upstream/api/request_body.h"

struct writer {
	struct json_writer json;
	struct arena *arena;
	const struct model *model;
	const struct chat_request *request;
	struct error *error;
};

/* The file's bytes as a data: URL. */
static bool put_bytes(struct writer *w, const struct chat_file *f)
{
	const char *prefix = arena_printf(w->arena, "data:%s;base64,",
					  inline_file_type(f, w->arena));

	return inline_file_put(&w->json, "url", prefix, f, w->error);
}

static bool put_url(struct writer *w, const struct chat_part *part)
{
	const char *type = part->kind == CHAT_PART_IMAGE ? "image_url" :
							   "video_url";

	if (!request_body_has_medium(part))
		return request_body_refuse_url(part, w->error);
	json_object(&w->json, NULL);
	json_put_text(&w->json, "type", type);
	json_object(&w->json, type);
	if (part->file == NULL)
		json_put_text(&w->json, "url", part->text);
	else if (!put_bytes(w, part->file))
		return false;
	json_close_object(&w->json);
	json_close_object(&w->json);
	return true;
}

static bool only_text(const struct chat_message *m)
{
	for (size_t i = 0; i < m->n_parts; i++)
		if (m->parts[i].kind != CHAT_PART_TEXT)
			return false;
	return true;
}

static bool put_content(struct writer *w, const struct chat_message *m)
{
	if (only_text(m)) {
		if (m->n_parts > 0 || m->n_calls == 0)
			json_put_text(&w->json, "content",
				      chat_message_text(m, w->arena));
		return true;
	}
	json_array(&w->json, "content");
	for (size_t j = 0; j < m->n_parts; j++) {
		if (m->parts[j].kind != CHAT_PART_TEXT) {
			if (!put_url(w, &m->parts[j]))
				return false;
			continue;
		}
		json_object(&w->json, NULL);
		json_put_text(&w->json, "type", "text");
		json_put_text(&w->json, "text", m->parts[j].text);
		json_close_object(&w->json);
	}
	json_close_array(&w->json);
	return true;
}

/* Kimi's own tools, which it runs itself, have names with a dollar sign. */
static const char *type_of(const char *tool)
{
	return *tool == '$' ? "builtin_function" : "function";
}

static void put_calls(struct writer *w, const struct chat_message *m)
{
	json_array(&w->json, "tool_calls");
	for (size_t i = 0; i < m->n_calls; i++) {
		json_object(&w->json, NULL);
		json_put_text(&w->json, "id",
			      call_id_unwrap(w->arena, m->calls[i].id));
		json_put_text(&w->json, "type", type_of(m->calls[i].name));
		json_object(&w->json, "function");
		json_put_text(&w->json, "name", m->calls[i].name);
		json_put_text(&w->json, "arguments",
			      call_arguments_object(w->arena,
						    m->calls[i].arguments));
		json_close_object(&w->json);
		json_close_object(&w->json);
	}
	json_close_array(&w->json);
}

/* Thinking models want the reasoning of a call back, and clients drop it. */
static void put_reasoning(struct writer *w, const struct chat_message *m)
{
	if (m->reasoning != NULL)
		json_put_text(&w->json, "reasoning_content", m->reasoning);
	else if (m->n_calls > 0)
		json_put_text(&w->json, "reasoning_content",
			      REQUEST_BODY_NO_REASONING);
	if (m->details != NULL && (w->model->traits & MODEL_DETAILS))
		reasoning_details_put(&w->json, w->arena, m->details);
}

/* Kimi refuses a call without a result: its turn may have broken off, or the
 * result never came. */
static void put_missing_results(struct writer *w, size_t i)
{
	const struct chat_message *m = &w->request->messages[i];

	for (size_t k = 0; k < m->n_calls; k++) {
		if (request_body_is_answered(w->request, i, k))
			continue;
		json_object(&w->json, NULL);
		json_put_text(&w->json, "role", "tool");
		json_put_text(&w->json, "tool_call_id",
			      call_id_unwrap(w->arena, m->calls[k].id));
		json_put_text(&w->json, "content", REQUEST_BODY_NO_RESULT);
		json_close_object(&w->json);
	}
}

static bool put_message(struct writer *w, size_t i)
{
	const struct chat_message *m = &w->request->messages[i];

	json_object(&w->json, NULL);
	json_put_text(&w->json, "role", chat_role_name(m->role));
	if (m->name != NULL)
		json_put_text(&w->json, "name", m->name);
	if (!put_content(w, m))
		return false;
	if (m->role == CHAT_ASSISTANT)
		put_reasoning(w, m);
	if (m->n_calls > 0)
		put_calls(w, m);
	if (m->call_id != NULL)
		json_put_text(&w->json, "tool_call_id",
			      call_id_unwrap(w->arena, m->call_id));
	if (m->partial)
		json_put_bool(&w->json, "partial", true);
	json_close_object(&w->json);
	put_missing_results(w, i);
	return true;
}

static bool put_tool(struct writer *w, size_t i)
{
	const struct chat_tool *tool = &w->request->tools[i];

	json_object(&w->json, NULL);
	json_put_text(&w->json, "type", type_of(tool->name));
	json_object(&w->json, "function");
	json_put_text(&w->json, "name", tool->name);
	if (tool->description != NULL)
		json_put_text(&w->json, "description", tool->description);
	if (!request_body_put_parameters(&w->json, w->arena, "parameters", tool,
					 w->error))
		return false;
	if (tool->has_strict)
		json_put_bool(&w->json, "strict", tool->strict);
	json_close_object(&w->json);
	json_close_object(&w->json);
	return true;
}

/* A tool that is named alone must be called where the model takes `required`. */
static bool put_tools(struct writer *w)
{
	const struct chat_request *r = w->request;
	bool none = r->tool_choice == CHAT_TOOLS_NONE;

	/* What Kimi has cached of a conversation begins with its tools: to sum
	 * it up, it gets them once more. */
	if (r->n_tools == 0 || (none && !r->compacts))
		return true;
	if (!request_body_check_tools(r, w->error))
		return false;
	json_array(&w->json, "tools");
	for (size_t i = 0; i < r->n_tools; i++)
		if (request_body_sends_tool(r, &r->tools[i]) && !put_tool(w, i))
			return false;
	json_close_array(&w->json);
	if (none)
		json_put_text(&w->json, "tool_choice", "none");
	else if (model_fit_forces_call(w->model, r))
		json_put_text(&w->json, "tool_choice", "required");
	return true;
}

/* `thinking` or `reasoning_effort`, never both: Kimi refuses that. */
static void put_thinking(struct writer *w)
{
	const struct chat_request *r = w->request;
	const char *effort = model_fit_effort(w->model, r);
	bool off = model_fit_stops_thinking(w->model, r);

	if (effort != NULL)
		json_put_text(&w->json, "reasoning_effort", effort);
	if (!(w->model->traits & MODEL_THINKING_SWITCH) ||
	    ((w->model->traits & MODEL_EFFORT) && !off))
		return;
	if (!off && r->thinking == CHAT_THINKING_DEFAULT && r->effort == NULL)
		return;
	json_object(&w->json, "thinking");
	json_put_text(&w->json, "type", off ? "disabled" : "enabled");
	if (!off && r->thinking_keep != NULL)
		json_put_text(&w->json, "keep", r->thinking_keep);
	json_close_object(&w->json);
}

static void put_number(struct writer *w, const char *key, double value,
		       double max)
{
	if (!isnan(value))
		json_put_number(&w->json, key, fmin(value, max));
}

static void put_sampling(struct writer *w)
{
	const struct chat_request *r = w->request;

	if (w->model->traits & MODEL_FIXED_SAMPLING)
		return;
	put_number(w, "temperature", r->temperature, 1);
	put_number(w, "top_p", r->top_p, 1);
	put_number(w, "presence_penalty", r->presence_penalty, 2);
	put_number(w, "frequency_penalty", r->frequency_penalty, 2);
}

/* {"name", "schema", "strict", …}, with the schema as Kimi takes it. */
static bool put_named_schema(struct writer *w, const char *json)
{
	const cJSON *tree = json_parse(w->arena, json, strlen(json), w->error);
	struct request_body_schema schema = {
		.strict = cJSON_IsTrue(json_at(tree, "strict")),
		.param = w->request->schema_param,
	};
	const cJSON *v;

	json_object(&w->json, "json_schema");
	cJSON_ArrayForEach(v, tree) {
		const char *text = json_print(w->arena, v);

		schema.json = text;
		if (strcmp(v->string, "schema") != 0)
			json_put_raw(&w->json, v->string, text);
		else if (!request_body_put_schema(&w->json, w->arena, v->string,
						  &schema, w->error))
			return false;
	}
	json_close_object(&w->json);
	return true;
}

static bool put_format(struct writer *w)
{
	const struct chat_request *r = w->request;
	bool ok = true;

	if (r->format == CHAT_FORMAT_TEXT)
		return true;
	json_object(&w->json, "response_format");
	if (r->format == CHAT_FORMAT_JSON) {
		json_put_text(&w->json, "type", "json_object");
	} else {
		json_put_text(&w->json, "type", "json_schema");
		ok = put_named_schema(w, r->schema);
	}
	json_close_object(&w->json);
	return ok;
}

static void put_limits(struct writer *w)
{
	const struct chat_request *r = w->request;

	if (r->max_tokens > 0)
		json_put_int(&w->json, "max_completion_tokens",
			     model_fit_limit(w->model, r->max_tokens,
					     (size_t)rope_size(w->json.rope)));
	if (r->n_stop > 0) {
		json_array(&w->json, "stop");
		for (size_t i = 0; i < r->n_stop; i++)
			json_put_text(&w->json, NULL, r->stop[i]);
		json_close_array(&w->json);
	}
	if (r->cache_key != NULL)
		json_put_text(&w->json, "prompt_cache_key", r->cache_key);
	if (r->user != NULL)
		json_put_text(&w->json, "safety_identifier", r->user);
}

bool chat_request_write(struct rope *out, struct arena *a,
			const struct model *model,
			const struct chat_request *request, struct error *e)
{
	struct writer w = {
		.arena = a, .model = model, .request = request, .error = e
	};

	json_writer_init_rope(&w.json, out);
	json_object(&w.json, NULL);
	json_put_text(&w.json, "model",
		      model->wire != NULL ? model->wire : model->name);
	json_array(&w.json, "messages");
	for (size_t i = 0; i < request->n_messages; i++)
		if (!put_message(&w, i))
			return false;
	json_close_array(&w.json);
	json_put_bool(&w.json, "stream", true);
	json_object(&w.json, "stream_options");
	json_put_bool(&w.json, "include_usage", true);
	json_close_object(&w.json);
	if (!put_tools(&w) || !put_format(&w))
		return false;
	put_thinking(&w);
	put_sampling(&w);
	put_limits(&w);
	json_close_object(&w.json);
	return request_body_fits(out, e);
}
