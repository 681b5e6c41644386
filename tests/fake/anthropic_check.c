/* SPDX-License-Identifier: MIT */
/* How strict the Anthropic flavour is: blocks where they belong, and each
 * tool use answered by the next message. */
#include <string.h>

#include "anthropic.h"
#include "platform_media.h"
#include "platform_schema.h"

#define STOPS_MAX 5

struct walk {
	const struct ask *ask;
	struct refusal *no;
	bool thinks;
	const cJSON *message;
	int index;
};

static bool is(const cJSON *object, const char *member, const char *word)
{
	return strcmp(platform_word(object, member), word) == 0;
}

static bool text_check(const struct walk *walk, const cJSON *block)
{
	return *platform_word(block, "text") ||
	       refuse(walk->no, "Invalid request: text content is empty");
}

/* The tool use with that id in a message, or NULL. */
static const cJSON *use_find(const cJSON *message, const char *id)
{
	const cJSON *content = platform_member(message, "content"), *block;

	cJSON_ArrayForEach(block, content)
		if (is(block, "type", "tool_use") && is(block, "id", id))
			return block;
	return NULL;
}

static bool result_check(const struct walk *walk, const cJSON *result)
{
	const cJSON *content = platform_member(result, "content"), *block;
	const char *id = platform_word(result, "tool_use_id");
	struct media media;

	if (!*id || walk->index == 0 || !use_find(walk->message->prev, id))
		return refuse(walk->no,
			      "Invalid request: tool_call_id %.100s not found",
			      id);
	if (content && !cJSON_IsString(content) && !cJSON_IsArray(content))
		return refuse(walk->no, "Invalid request: content of a "
					"tool_result must be a string or an "
					"array");
	cJSON_ArrayForEach(block, content) {
		if (media_is(block)) {
			if (!media_read(walk->ask, block, &media, walk->no))
				return false;
		} else if (!is(block, "type", "text")) {
			return refuse(walk->no, "Invalid request: unsupported "
						"content of a tool_result");
		}
	}
	return true;
}

static bool use_check(const struct walk *walk, const cJSON *use)
{
	if (!*platform_word(use, "id") ||
	    !cJSON_IsObject(platform_member(use, "input")))
		return refuse(walk->no, "Invalid request: tool_use needs id, "
					"name and input");
	return platform_check_name(platform_word(use, "name"), walk->no);
}

static bool user_block_check(const struct walk *walk, const cJSON *block)
{
	struct media media;

	if (is(block, "type", "text"))
		return text_check(walk, block);
	if (is(block, "type", "image"))
		return media_read(walk->ask, block, &media, walk->no);
	if (is(block, "type", "tool_result"))
		return result_check(walk, block);
	return refuse(walk->no,
		      "Invalid request: messages.%d: unsupported block of the "
		      "user: %.50s",
		      walk->index, platform_word(block, "type"));
}

static bool assistant_block_check(const struct walk *walk, const cJSON *block)
{
	if (is(block, "type", "text"))
		return text_check(walk, block);
	if (is(block, "type", "thinking")) /* a signature is not needed */
		return cJSON_IsString(platform_member(block, "thinking")) ||
		       refuse(walk->no, "Invalid request: thinking is missing");
	if (is(block, "type", "tool_use"))
		return use_check(walk, block);
	return refuse(walk->no,
		      "Invalid request: messages.%d: unsupported block of the "
		      "assistant: %.50s",
		      walk->index, platform_word(block, "type"));
}

/* How often a message has a block of the type whose member is that word. */
static int blocks_count(const cJSON *message, const char *type,
			const char *member, const char *word)
{
	const cJSON *content = platform_member(message, "content"), *block;
	int count = 0;

	cJSON_ArrayForEach(block, content)
		count += is(block, "type", type) &&
			 (!member || is(block, member, word));
	return count;
}

/* The next message must answer each use, once; thoughts come before it. */
static bool uses_check(const struct walk *walk, const cJSON *content)
{
	const cJSON *block;
	bool thought = blocks_count(walk->message, "thinking", NULL, NULL) > 0;

	cJSON_ArrayForEach(block, content) {
		const char *id = platform_word(block, "id");

		if (!is(block, "type", "tool_use"))
			continue;
		if (walk->thinks && !thought)
			return refuse(walk->no,
				      "thinking is enabled but "
				      "reasoning_content is missing in "
				      "assistant tool call message at index "
				      "%d",
				      walk->index);
		if (blocks_count(walk->message->next, "tool_result",
				 "tool_use_id", id) != 1)
			return refuse(walk->no,
				      "Invalid request: an assistant message "
				      "with 'tool_calls' must be followed by "
				      "tool messages responding to each "
				      "'tool_call_id'. The following "
				      "tool_call_ids did not have response "
				      "messages: %.100s",
				      id);
	}
	return true;
}

static bool message_check(const struct walk *walk)
{
	const cJSON *content = platform_member(walk->message, "content");
	bool assistant = is(walk->message, "role", "assistant");
	const cJSON *block;

	if (!assistant && !is(walk->message, "role", "user"))
		return refuse(walk->no,
			      "Invalid request: invalid role '%.50s' of "
			      "message at position %d",
			      platform_word(walk->message, "role"),
			      walk->index);
	if (cJSON_IsString(content) && *content->valuestring)
		return true;
	if (cJSON_GetArraySize(content) == 0)
		return refuse(walk->no,
			      "Invalid request: message at position %d with "
			      "role '%s' must not be empty",
			      walk->index, assistant ? "assistant" : "user");
	cJSON_ArrayForEach(block, content)
		if (assistant ? !assistant_block_check(walk, block) :
				!user_block_check(walk, block))
			return false;
	return !assistant || uses_check(walk, content);
}

static bool messages_check(const struct ask *ask, struct refusal *no)
{
	const cJSON *messages = platform_member(ask->request, "messages");
	struct walk walk = {
		.ask = ask,
		.no = no,
		.thinks = platform_thinks(ask->model, ask->request),
	};

	if (cJSON_GetArraySize(messages) == 0)
		return refuse(no, "Invalid request: messages must not be "
				  "empty");
	for (walk.message = messages->child; walk.message;
	     walk.message = walk.message->next, walk.index++)
		if (!message_check(&walk))
			return false;
	return true;
}

static bool system_check(const cJSON *request, struct refusal *no)
{
	const cJSON *system = platform_member(request, "system"), *block;

	if (system && !cJSON_IsString(system) && !cJSON_IsArray(system))
		return refuse(no, "Invalid request: system must be a string "
				  "or an array of text blocks");
	cJSON_ArrayForEach(block, system)
		if (!is(block, "type", "text") ||
		    !*platform_word(block, "text"))
			return refuse(no, "Invalid request: text content is "
					  "empty");
	return true;
}

static bool tools_check(const cJSON *request, struct refusal *no)
{
	const cJSON *tools = platform_member(request, "tools"), *tool, *other;

	cJSON_ArrayForEach(tool, tools) {
		const char *name = platform_word(tool, "name");

		if (!platform_check_name(name, no))
			return false;
		if (!platform_check_schema(platform_member(tool,
							   "input_schema"),
					   "tools.function.parameters", no))
			return false;
		for (other = tools->child; other != tool; other = other->next)
			if (is(other, "name", name))
				return refuse(no,
					      "Invalid request: function "
					      "name %s is duplicated",
					      name);
	}
	return true;
}

/* A named tool. */
static bool named_check(const struct ask *ask, const cJSON *choice,
			struct refusal *no)
{
	if (platform_thinks(ask->model, ask->request))
		return refuse(no, "tool_choice 'specified' is incompatible "
				  "with thinking enabled");
	return platform_check_name(platform_word(choice, "name"), no);
}

static bool choice_check(const struct ask *ask, struct refusal *no)
{
	const cJSON *choice = platform_member(ask->request, "tool_choice");

	if (!choice || is(choice, "type", "auto") || is(choice, "type", "none"))
		return true;
	if (is(choice, "type", "tool"))
		return named_check(ask, choice, no);
	if (!is(choice, "type", "any"))
		return refuse(no, "Invalid request: invalid tool_choice");
	return ask->model->family == FAMILY_K3 ||
	       !platform_thinks(ask->model, ask->request) ||
	       refuse(no, "tool_choice 'required' is incompatible "
			  "with thinking enabled");
}

static bool thinking_check(const struct ask *ask, struct refusal *no)
{
	const cJSON *thinking = platform_member(ask->request, "thinking");

	if (!thinking || is(thinking, "type", "enabled"))
		return true;
	if (is(thinking, "type", "disabled"))
		return platform_has_switch(ask->model) ||
		       refuse(no, "invalid thinking: only type=enabled is "
				  "allowed for this model");
	if (is(thinking, "type", "adaptive") && ask->model->family == FAMILY_K3)
		return true;
	return refuse(no,
		      "invalid thinking: type %.50s is not allowed for "
		      "this model",
		      platform_word(thinking, "type"));
}

/* What is not to think takes no effort. */
static bool effort_check(const struct ask *ask, struct refusal *no)
{
	const cJSON *output = platform_member(ask->request, "output_config");
	const cJSON *effort = platform_member(output, "effort");

	if (!effort)
		return true;
	if (!platform_thinks(ask->model, ask->request))
		return refuse(no, "Invalid request: output_config.effort "
				  "cannot be used with thinking disabled");
	return !platform_has_effort(ask->model) ||
	       platform_effort_is_known(platform_word(output, "effort")) ||
	       refuse(no, "invalid effort: only low, high, max are allowed "
			  "for this model");
}

static bool limits_check(const cJSON *request, struct refusal *no)
{
	const cJSON *most = platform_member(request, "max_tokens");
	const cJSON *stops = platform_member(request, "stop_sequences");

	if (!most)
		return refuse(no, "max_tokens: Field required");
	if (!cJSON_IsNumber(most) || most->valuedouble < 1)
		return refuse(no, "max_tokens: must be a positive integer");
	return cJSON_GetArraySize(stops) <= STOPS_MAX ||
	       refuse(no,
		      "Invalid request: at most %d stop sequences are "
		      "allowed",
		      STOPS_MAX);
}

bool anthropic_check(const struct ask *ask, struct refusal *no)
{
	const cJSON *request = ask->request;

	return platform_check_model(ask, no) && limits_check(request, no) &&
	       platform_check_numbers(ask, no) && system_check(request, no) &&
	       thinking_check(ask, no) && effort_check(ask, no) &&
	       tools_check(request, no) && choice_check(ask, no) &&
	       messages_check(ask, no) && platform_check_size(ask, no);
}
