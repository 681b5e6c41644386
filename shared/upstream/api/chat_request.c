/* SPDX-License-Identifier: MIT */
/* The Open Platform's request body: what a model takes, and no more. */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "chat/call_id.h"
#include "upstream/api/inline_file.h"
#include "upstream/api/service.h"
#include "upstream/api/schema.h"

/* What many clients ask for, whatever the model (openai-surface 2.1). */
#define USUAL_LIMIT 32000

struct writer {
	struct json_writer json;
	struct arena *arena;
	const struct model *model;
	const struct chat_request *request;
	struct error *error;
};

/* Kimi's own id of a file that the client uploaded to it: "ms://ID". */
static bool is_kimi_file(const struct chat_part *part)
{
	return part->text != NULL && strncmp(part->text, "ms://", 5) == 0;
}

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

	if (part->file == NULL && !is_kimi_file(part))
		return error_field(w->error, ERROR_VALUE,
				   part->param != NULL ? part->param : "",
				   "Kimi does not fetch URLs: send the data "
				   "as a data: URL.");
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

/* Arguments that were cut off are no JSON: the call had none we know. */
static const char *whole_arguments(struct writer *w, const char *arguments)
{
	struct error ignored;
	const cJSON *tree =
		json_parse(w->arena, arguments, strlen(arguments), &ignored);

	return cJSON_IsObject(tree) ? arguments : "{}";
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
			      whole_arguments(w, m->calls[i].arguments));
		json_close_object(&w->json);
		json_close_object(&w->json);
	}
	json_close_array(&w->json);
}

/*
 * Thinking models refuse a call message without its reasoning, and clients
 * drop it: one blank is taken for unknown (openai-surface 2.2).
 */
static void put_reasoning(struct writer *w, const struct chat_message *m)
{
	if (m->reasoning != NULL)
		json_put_text(&w->json, "reasoning_content", m->reasoning);
	else if (m->n_calls > 0)
		json_put_text(&w->json, "reasoning_content", " ");
}

bool platform_is_answered(const struct chat_request *r, size_t i,
			  const char *id)
{
	for (i++; i < r->n_messages && r->messages[i].role == CHAT_TOOL; i++)
		if (strcmp(r->messages[i].call_id, id) == 0)
			return true;
	return false;
}

/* Kimi refuses a call without a result: the turn of one may have broken off,
 * or its answer never came. */
static void put_missing_results(struct writer *w, size_t i)
{
	const struct chat_message *m = &w->request->messages[i];

	for (size_t k = 0; k < m->n_calls; k++) {
		if (platform_is_answered(w->request, i, m->calls[k].id))
			continue;
		json_object(&w->json, NULL);
		json_put_text(&w->json, "role", "tool");
		json_put_text(&w->json, "tool_call_id",
			      call_id_unwrap(w->arena, m->calls[k].id));
		json_put_text(&w->json, "content", "(no result)");
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

bool platform_put_schema(struct json_writer *w, struct arena *a,
			 const char *key, const char *schema, const char *param,
			 struct error *e)
{
	const char *mended = schema_normalize(a, schema, param, e);

	if (mended != NULL)
		json_put_raw(w, key, mended);
	return mended != NULL;
}

bool platform_put_parameters(struct json_writer *w, struct arena *a,
			     const char *key, const struct chat_tool *tool,
			     struct error *e)
{
	return tool->parameters == NULL || /* Kimi's own tools have none */
	       platform_put_schema(w, a, key, tool->parameters, tool->param, e);
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
	if (!platform_put_parameters(&w->json, w->arena, "parameters", tool,
				     w->error))
		return false;
	if (tool->has_strict)
		json_put_bool(&w->json, "strict", tool->strict);
	json_close_object(&w->json);
	json_close_object(&w->json);
	return true;
}

/* The client demands a call, of any tool or of a named one. */
static bool demands_call(const struct chat_request *r)
{
	return r->n_tools > 0 && (r->tool_choice == CHAT_TOOLS_REQUIRED ||
				  r->tool_choice == CHAT_TOOLS_NAMED);
}

bool platform_forces_call(const struct model *model,
			  const struct chat_request *r)
{
	return demands_call(r) &&
	       (!(model->traits & MODEL_THINKS) ||
		(model->traits & (MODEL_FORCED_CALL | MODEL_THINKING_SWITCH)));
}

/*
 * No thinking model takes a named tool: it gets that tool alone, and has to
 * call it where it takes `required`.
 */
static bool put_tools(struct writer *w)
{
	const struct chat_request *r = w->request;

	if (r->n_tools == 0 || r->tool_choice == CHAT_TOOLS_NONE)
		return true;
	json_array(&w->json, "tools");
	for (size_t i = 0; i < r->n_tools; i++)
		if ((r->tool_choice != CHAT_TOOLS_NAMED ||
		     strcmp(r->tools[i].name, r->tool_name) == 0) &&
		    !put_tool(w, i))
			return false;
	json_close_array(&w->json);
	if (platform_forces_call(w->model, r))
		json_put_text(&w->json, "tool_choice", "required");
	return true;
}

static const char *effort_of(const char *word)
{
	if (strcmp(word, "none") == 0 || strcmp(word, "minimal") == 0 ||
	    strcmp(word, "low") == 0)
		return "low";
	if (strcmp(word, "medium") == 0 || strcmp(word, "high") == 0)
		return "high";
	return "max";
}

static bool wants_no_thinking(const struct chat_request *r)
{
	if (r->thinking != CHAT_THINKING_DEFAULT)
		return r->thinking == CHAT_THINKING_OFF;
	return r->effort != NULL && strcmp(r->effort, "none") == 0;
}

bool platform_unthinking(const struct chat_request *r)
{
	return demands_call(r) || wants_no_thinking(r);
}

/* A model that always thinks can be told to do little of it. */
const char *platform_effort(const struct chat_request *r)
{
	const char *word = wants_no_thinking(r) ? "none" : r->effort;

	return word == NULL ? NULL : effort_of(word);
}

/* `thinking` or `reasoning_effort`, never both: Kimi answers 400. */
static void put_thinking(struct writer *w)
{
	const struct chat_request *r = w->request;
	const char *effort = platform_effort(r);
	bool off = platform_unthinking(r);

	if (w->model->traits & MODEL_EFFORT) {
		if (effort != NULL)
			json_put_text(&w->json, "reasoning_effort", effort);
		return;
	}
	if (!(w->model->traits & MODEL_THINKING_SWITCH))
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
	const cJSON *v;

	json_object(&w->json, "json_schema");
	cJSON_ArrayForEach(v, tree) {
		const char *text = json_print(w->arena, v);

		if (strcmp(v->string, "schema") != 0)
			json_put_raw(&w->json, v->string, text);
		else if (!platform_put_schema(&w->json, w->arena, v->string,
					      text, w->request->schema_param,
					      w->error))
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

/*
 * Kimi refuses a limit that does not fit beside the prompt (C4), which clients
 * that ask for as much as there is do not know. A prompt has at most half as
 * many tokens as the bytes written for it; a limit of usual size stays, as the
 * prompt alone may be too long then.
 */
int64_t platform_limit(const struct model *model, int64_t wanted,
		       size_t written)
{
	int64_t room = model->context - (int64_t)written / 2, min = wanted;

	if (model->context == 0 || wanted <= room)
		return wanted;
	if (min > USUAL_LIMIT)
		min = USUAL_LIMIT;
	return room > min ? room : min;
}

static void put_limits(struct writer *w)
{
	const struct chat_request *r = w->request;

	if (r->max_tokens > 0)
		json_put_int(&w->json, "max_completion_tokens",
			     platform_limit(w->model, r->max_tokens,
					    w->json.out->len));
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

bool platform_body_fits(const struct buf *body, struct error *e)
{
	return !body->full || error_set(e, ERROR_TOO_LARGE,
					"The request is larger than Kimi takes "
					"(%zu bytes).",
					body->limit);
}

bool platform_write_request(struct buf *out, struct arena *a,
			    const struct model *model,
			    const struct chat_request *request, struct error *e)
{
	struct writer w = {
		.arena = a, .model = model, .request = request, .error = e
	};

	json_writer_init(&w.json, out);
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
	return platform_body_fits(out, e);
}
