/* SPDX-License-Identifier: MIT */
/* Responses: what a response repeats of its request. */
#include "dialect/openai/response_echo.h"

#include <string.h>

#include "dialect/openai/loaded_tools.h"

/* A member as it was sent, or its default as JSON. */
static void put_or(struct json_writer *w, const cJSON *settings,
		   const char *key, const char *fallback)
{
	const cJSON *v = json_at(settings, key);

	if (v == NULL)
		json_put_raw(w, key, fallback);
	else
		json_put_tree(w, key, v);
}

static bool is_type(const cJSON *v, const char *name)
{
	const char *type = json_text(v, "type");

	return type != NULL && strcmp(type, name) == 0;
}

/* Open Responses requires all five members of a function. */
static void put_function(struct json_writer *w, const cJSON *tool)
{
	json_object(w, NULL);
	json_put_text(w, "type", "function");
	json_put_text(w, "name", json_text(tool, "name"));
	json_put_text(w, "description", json_text(tool, "description"));
	json_put_tree(w, "parameters", json_at(tool, "parameters"));
	put_or(w, tool, "strict", "true");
	json_close_object(w);
}

static void put_tools(struct json_writer *w, const cJSON *settings)
{
	const cJSON *tool;

	json_array(w, "tools");
	cJSON_ArrayForEach(tool, json_at(settings, "tools")) {
		if (json_at(tool, OPENAI_LOADED_FROM) != NULL)
			continue;
		if (is_type(tool, "function"))
			put_function(w, tool);
		else
			json_put_tree(w, NULL, tool);
	}
	json_close_array(w);
}

static void put_format(struct json_writer *w, const cJSON *format)
{
	const char *type = json_text(format, "type");

	json_object(w, "format");
	json_put_text(w, "type", type == NULL ? "text" : type);
	if (type != NULL && strcmp(type, "json_schema") == 0) {
		json_put_text(w, "name", json_text(format, "name"));
		json_put_text(w, "description",
			      json_text(format, "description"));
		json_put_tree(w, "schema", json_at(format, "schema"));
		put_or(w, format, "strict", "false");
	}
	json_close_object(w);
}

static void put_text(struct json_writer *w, const cJSON *settings)
{
	const char *verbosity = json_text(settings, "text.verbosity");

	json_object(w, "text");
	put_format(w, json_at(settings, "text.format"));
	json_put_text(w, "verbosity", verbosity == NULL ? "medium" : verbosity);
	json_close_object(w);
}

static void put_reasoning(struct json_writer *w, const cJSON *settings)
{
	const char *summary = json_text(settings, "reasoning.summary");

	if (summary == NULL)
		summary = json_text(settings, "reasoning.generate_summary");
	json_object(w, "reasoning");
	json_put_text(w, "effort", json_text(settings, "reasoning.effort"));
	json_put_text(w, "summary", summary);
	json_close_object(w);
}

void openai_response_echo_put(struct json_writer *w, const cJSON *settings)
{
	put_or(w, settings, "instructions", "null");
	put_or(w, settings, "max_output_tokens", "null");
	put_or(w, settings, "max_tool_calls", "null");
	put_or(w, settings, "parallel_tool_calls", "true");
	put_or(w, settings, "prompt_cache_key", "null");
	put_or(w, settings, "safety_identifier", "null");
	put_reasoning(w, settings);
	json_put_text(w, "service_tier", "default");
	put_or(w, settings, "store", "true");
	put_or(w, settings, "background", "false");
	put_or(w, settings, "temperature", "1");
	put_or(w, settings, "top_p", "1");
	put_or(w, settings, "presence_penalty", "0");
	put_or(w, settings, "frequency_penalty", "0");
	put_or(w, settings, "top_logprobs", "0");
	put_text(w, settings);
	put_or(w, settings, "tool_choice", "\"auto\"");
	put_tools(w, settings);
	put_or(w, settings, "truncation", "\"disabled\"");
	if (json_at(settings, "user") != NULL)
		put_or(w, settings, "user", "null");
}
