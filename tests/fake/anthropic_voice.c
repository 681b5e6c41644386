/* SPDX-License-Identifier: MIT */
/* The Anthropic flavour's events: blocks of content that begin, grow and end,
 * and what surrounds them. */
#include <stdlib.h>
#include <string.h>

#include "anthropic.h"
#include "platform_error.h"

static const char *const noise[] = {
	"event: ping\ndata: {\"type\":\"ping\"}\n\n",
	": a comment\n\n",
	"event: from_the_future\ndata: {\"type\":\"from_the_future\","
	"\"delta\":{\"type\":\"text_delta\",\"text\":\"not this\"}}\n\n",
	"event: ping\ndata: {\"type\": \"ping\"}\n\n: ping\n\n",
	"id: 7\nretry: 1000\nevent: message_note\ndata: {\"type\":"
	"\"message_note\",\"message\":{\"content\":[]}}\n\n",
	NULL,
};

static void event_open(struct plan *plan, const char *type)
{
	text_printf(&plan->text, "event: %s\ndata: {\"type\":\"%s\"", type,
		    type);
}

static void event_close(struct plan *plan)
{
	text_put(&plan->text, "}\n\n");
	plan_event(plan);
}

static void delta_open(struct plan *plan, const struct turn *turn,
		       const char *type, const char *member)
{
	event_open(plan, "content_block_delta");
	text_printf(&plan->text,
		    ",\"index\":%d,\"delta\":{\"type\":\"%s\",\"%s\":",
		    turn->blocks - 1, type, member);
}

static void delta_close(struct plan *plan)
{
	text_put(&plan->text, "}");
	event_close(plan);
}

static void block_close(struct plan *plan, struct turn *turn)
{
	if (!turn->block)
		return;
	if (strcmp(turn->block, "thinking") == 0) {
		delta_open(plan, turn, "signature_delta", "signature");
		anthropic_signature(&plan->text, turn);
		delta_close(plan);
	}
	event_open(plan, "content_block_stop");
	text_printf(&plan->text, ",\"index\":%d", turn->blocks - 1);
	event_close(plan);
	turn->block = NULL;
}

/* Begins a block of the type, unless one is open already; `members` are its
 * others. */
static void block_open(struct plan *plan, struct turn *turn, const char *type,
		       const char *members)
{
	if (turn->block && strcmp(turn->block, type) == 0)
		return;
	block_close(plan, turn);
	event_open(plan, "content_block_start");
	text_printf(&plan->text,
		    ",\"index\":%d,\"content_block\":{\"type\":\"%s\",%s}",
		    turn->blocks++, type, members);
	turn->block = type;
	event_close(plan);
}

/* What the start knows of the usage. */
static void start_usage(struct text *json, const struct turn *turn)
{
	const cJSON *given = turn->scene->usage, *item;

	text_put(json, "{");
	cJSON_ArrayForEach(item, given)
		if (strcmp(item->string, "output_tokens") != 0) {
			char *value = cJSON_PrintUnformatted(item);

			text_printf(json, "\"%s\":%s,", item->string, value);
			cJSON_free(value);
		}
	if (!given)
		text_printf(json, "\"input_tokens\":%zu,",
			    turn->usage.length ? turn->prompt_tokens : 0);
	text_put(json, "\"output_tokens\":0}");
}

static void say_open(struct plan *plan, void *context)
{
	const struct turn *turn = context;

	event_open(plan, "message_start");
	text_printf(&plan->text,
		    ",\"message\":{\"id\":\"%s\",\"type\":\"message\",\"role\":"
		    "\"assistant\",\"model\":\"%s\",\"content\":[],"
		    "\"stop_reason\":null,\"stop_sequence\":null,\"usage\":",
		    turn->id, turn->ask->model->id);
	start_usage(&plan->text, turn);
	text_put(&plan->text, "}");
	event_close(plan);
}

static void say_reasoning(struct plan *plan, void *context, const char *text,
			  size_t n)
{
	block_open(plan, context, "thinking",
		   "\"thinking\":\"\",\"signature\":\"\"");
	delta_open(plan, context, "thinking_delta", "thinking");
	text_quote(&plan->text, text, n);
	delta_close(plan);
}

static void say_content(struct plan *plan, void *context, const char *text,
			size_t n)
{
	block_open(plan, context, "text", "\"text\":\"\"");
	delta_open(plan, context, "text_delta", "text");
	text_quote(&plan->text, text, n);
	delta_close(plan);
}

static void call_open(struct plan *plan, struct turn *turn, const cJSON *call)
{
	struct text members = { 0 };

	text_put(&members, "\"id\":");
	text_quote_string(&members, platform_word(call, "id"));
	text_put(&members, ",\"name\":");
	text_quote_string(&members, platform_word(call, "name"));
	text_put(&members, ",\"input\":{}");
	block_close(plan, turn);
	block_open(plan, turn, "tool_use", members.at);
	text_fini(&members);
}

static bool say_call(struct plan *plan, struct turn *turn, const cJSON *call)
{
	char *arguments = turn_arguments(call);
	bool goes_on;

	plan_pace(plan);
	call_open(plan, turn, call);
	goes_on = plan_piece(plan, turn);
	for (int part = 1; goes_on && part <= TURN_FRAGMENTS; part++) {
		plan_pace(plan);
		delta_open(plan, turn, "input_json_delta", "partial_json");
		turn_fragment(&plan->text, arguments, part);
		delta_close(plan);
		goes_on = plan_piece(plan, turn);
	}
	free(arguments);
	return goes_on;
}

static bool say_tools(struct plan *plan, void *context)
{
	struct turn *turn = context;
	const cJSON *call;

	cJSON_ArrayForEach(call, turn->calls)
		if (!say_call(plan, turn, call))
			return false;
	return true;
}

static void say_fail(struct plan *plan, void *context)
{
	const char *name = plan->scene->fault;
	const cJSON *error = plan->scene->error;
	struct fault given = {
		.type = platform_word(error, "type"),
		.message = platform_word(error, "message"),
	};

	(void)context;
	text_put(&plan->text, "event: error\ndata: ");
	anthropic_error_body(&plan->text,
			     error ? &given :
				     fault_find(name ? name : "server_error"));
	text_put(&plan->text, "\n\n");
	plan_event(plan);
}

static void say_finish(struct plan *plan, void *context)
{
	struct turn *turn = context;

	block_close(plan, turn);
	event_open(plan, "message_delta");
	text_put(&plan->text, ",\"delta\":{");
	anthropic_end(&plan->text, turn);
	text_put(&plan->text, "}");
	if (turn->usage.length)
		text_printf(&plan->text, ",\"usage\":%s", turn->usage.at);
	event_close(plan);
}

static void say_close(struct plan *plan, void *context)
{
	(void)context;
	event_open(plan, "message_stop");
	event_close(plan);
}

const struct voice anthropic_voice = {
	.noise = noise,
	.open = say_open,
	.reasoning = say_reasoning,
	.content = say_content,
	.tools = say_tools,
	.fail = say_fail,
	.finish = say_finish,
	.close = say_close,
};
