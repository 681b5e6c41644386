/* SPDX-License-Identifier: MIT */
/* Chat calls of the Connect protocol, read as strictly as we believe the
 * service reads them. */
#include <string.h>

#include "connect.h"
#include "connect_frame.h"
#include "connect_models.h"
#include "connect_request.h"

static const char *const tool_types[] = {
	"SEARCH",
	"IMAGE_GENERATION",
	"SEMANTIC_MEMORY",
	"AUDIO_GENERATION",
	"DEVICE_LBS",
	"DEVICE_TOOL",
	"PARALLEL_AGENT",
	"PARALLEL_AGENT_V2",
	"ASK_USER",
	"CRON_JOB",
	"GOAL",
	"BANANA",
	"SLIDES_OUTLINE",
};

/* False, with the message as `why`. */
static bool refuse(struct text *why, const char *message)
{
	text_put(why, message);
	return false;
}

static bool envelope_open(struct exchange *ex, struct text *why)
{
	const char *json;
	size_t n;

	json = frame_only(&ex->body, &n, why);
	if (!json)
		return false;
	cJSON_Delete(ex->json);
	ex->json = cJSON_ParseWithLength(json, n);
	return cJSON_IsObject(ex->json) ||
	       refuse(why, "unmarshal message: not a JSON object");
}

static bool tool_ok(const cJSON *tool)
{
	static const char prefix[] = "TOOL_TYPE_";
	const char *type = connect_string(tool, "type");

	if (!type || strncmp(type, prefix, sizeof(prefix) - 1) != 0)
		return false;
	type += sizeof(prefix) - 1;
	for (size_t i = 0; i < sizeof(tool_types) / sizeof(*tool_types); i++)
		if (strcmp(type, tool_types[i]) == 0)
			return true;
	return false;
}

static bool tools_read(struct connect_request *request, const cJSON *json,
		       struct text *why)
{
	const cJSON *tools = connect_member(json, "tools"), *tool;

	if (tools && !cJSON_IsArray(tools))
		return refuse(why, "tools is not a list");
	cJSON_ArrayForEach(tool, tools) {
		const char *type = connect_string(tool, "type");

		if (!tool_ok(tool))
			return refuse(why, "unknown tool type");
		if (strcmp(type, "TOOL_TYPE_SEARCH") == 0)
			request->searches = true;
	}
	return true;
}

/* The texts of the blocks; each must be a text or a file. */
static bool blocks_read(struct connect_request *request, const cJSON *message,
			struct text *why)
{
	const cJSON *blocks = connect_member(message, "blocks"), *block;

	if (cJSON_GetArraySize(blocks) == 0)
		return refuse(why, "message.blocks is empty");
	cJSON_ArrayForEach(block, blocks) {
		const char *text = connect_string(connect_member(block, "text"),
						  "content");

		if (!text && !connect_member(block, "file"))
			return refuse(why, "a block without text and file");
		if (text && request->said.length)
			text_put(&request->said, "\n");
		text_put(&request->said, text ? text : "");
	}
	request->blocks = blocks;
	return request->said.length || refuse(why, "message has no text");
}

static bool message_read(struct connect_request *request, const cJSON *json,
			 struct text *why)
{
	const cJSON *message = connect_member(json, "message");
	const cJSON *goal = connect_member(message, "is_goal");
	const cJSON *project = connect_member(json, "project_id");
	const char *scenario = connect_string(json, "scenario");
	const char *again = connect_string(message, "scenario");
	const char *role = connect_string(message, "role");

	if (!cJSON_IsObject(message))
		return refuse(why, "message is missing");
	if (goal && !cJSON_IsBool(goal))
		return refuse(why, "message.is_goal is not a bool");
	if (project && !cJSON_IsString(project))
		return refuse(why, "project_id is not a string");
	if (!role || strcmp(role, "user") != 0)
		return refuse(why, "message.role is not user");
	if (!again || strcmp(again, scenario) != 0)
		return refuse(why, "message.scenario is not scenario");
	request->chat = connect_string(json, "chat_id");
	if (request->chat && !*request->chat)
		return refuse(why, "chat_id is empty");
	request->parent = connect_string(message, "parent_id");
	return blocks_read(request, message, why);
}

/* Thinking is what the model always does, else what is asked for. */
static bool options_read(struct connect_request *request, struct fake *fake,
			 const cJSON *json, struct text *why)
{
	const cJSON *options = connect_member(json, "options");
	const cJSON *thinking = connect_member(options, "thinking");
	const cJSON *plugin = connect_member(options, "enable_plugin");
	const char *scenario = connect_string(json, "scenario");
	const char *effort = connect_string(options, "reasoning_effort");

	if (!scenario)
		return refuse(why, "scenario is missing");
	if (thinking && !cJSON_IsBool(thinking))
		return refuse(why, "options.thinking is not a bool");
	if (plugin && !cJSON_IsBool(plugin))
		return refuse(why, "options.enable_plugin is not a bool");
	if (!connect_model_ok(fake, scenario, connect_string(options, "model"),
			      effort, &request->thinks, why))
		return false;
	if (thinking)
		request->thinks |= cJSON_IsTrue(thinking);
	else if (effort)
		request->thinks |= strcmp(effort, "REASONING_EFFORT_NONE") != 0;
	return true;
}

bool connect_request_read(struct connect_request *request, struct exchange *ex,
			  struct text *why)
{
	return envelope_open(ex, why) &&
	       options_read(request, ex->fake, ex->json, why) &&
	       tools_read(request, ex->json, why) &&
	       message_read(request, ex->json, why);
}

void connect_request_fini(struct connect_request *request)
{
	text_fini(&request->said);
}
