/* SPDX-License-Identifier: MIT */
/* The Open Platform's SSE chunks, with usage and tool calls in each of the
 * forms the service is known for. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "code_details.h"
#include "platform_error.h"
#include "platform_turn.h"

static const char *const noise[] = {
	": a comment\n\n",
	"data: {\"object\":\"ping\"}\n\n",
	"data: {\"id\":\"chatcmpl-x\",\"object\":\"chat.completion.chunk\","
	"\"choices\":[],\"from_the_future\":{\"content\":\"not this\"}}\n\n",
	": ping\n: ping\n\n",
	"data: {\"id\":\"chatcmpl-x\",\"object\":\"chat.completion.chunk\","
	"\"choices\":[{\"index\":0,\"delta\":{\"mood\":\"calm\"},"
	"\"finish_reason\":null}]}\n\n",
	"event: zone_set\nid: 7\nretry: 1000\ndata: {\"object\":"
	"\"zone_set\"}\n\n",
	NULL,
};

static void chunk_open(struct plan *plan, const struct turn *turn)
{
	text_printf(&plan->text,
		    "data: {\"id\":\"%s\",\"object\":\"chat.completion.chunk\","
		    "\"created\":%" PRId64 ",\"model\":\"%s\",\"choices\":[",
		    turn->id, turn->created, turn->ask->model->id);
}

static void delta_open(struct plan *plan, const struct turn *turn)
{
	chunk_open(plan, turn);
	text_put(&plan->text, "{\"index\":0,\"delta\":{");
}

static void delta_close(struct plan *plan)
{
	text_put(&plan->text, "},\"finish_reason\":null}]}\n\n");
	plan_event(plan);
}

static void say_open(struct plan *plan, void *context)
{
	delta_open(plan, context);
	text_put(&plan->text, "\"role\":\"assistant\",\"content\":\"\"");
	delta_close(plan);
}

static void say_reasoning(struct plan *plan, void *context, const char *text,
			  size_t n)
{
	const struct turn *turn = context;
	const struct text *all = &turn->reasoning;

	delta_open(plan, turn);
	if (plan->scene->details) {
		details_piece(&plan->text, turn, text, n);
	} else {
		text_put(&plan->text, "\"reasoning_content\":");
		text_quote(&plan->text, text, n);
	}
	delta_close(plan);
	if (!plan->scene->details || text + n < all->at + all->length)
		return;
	for (int half = 0; half < 2; half++) {
		delta_open(plan, turn);
		details_half(&plan->text, turn, half);
		delta_close(plan);
	}
}

static void say_content(struct plan *plan, void *context, const char *text,
			size_t n)
{
	delta_open(plan, context);
	text_put(&plan->text, "\"content\":");
	text_quote(&plan->text, text, n);
	delta_close(plan);
}

static void say_fail(struct plan *plan, void *context)
{
	const char *name = plan->scene->fault;

	(void)context;
	text_put(&plan->text, "data: ");
	if (plan->scene->error) {
		char *printed = cJSON_PrintUnformatted(plan->scene->error);

		text_printf(&plan->text, "{\"error\":%s}", printed);
		cJSON_free(printed);
	} else {
		platform_error_body(&plan->text,
				    fault_find(name ? name : "server_error"));
	}
	text_put(&plan->text, "\n\n");
	plan_event(plan);
}

/* Fragment `part` of a call: 0 brings id and name, the rest arguments. */
static void say_fragment(struct plan *plan, const cJSON *call, int index,
			 int part)
{
	char *arguments = turn_arguments(call);

	text_put(&plan->text, "{");
	if (plan->scene->tool_index)
		text_printf(&plan->text, "\"index\":%d,", index);
	if (part == 0) {
		turn_call(&plan->text, call, "", 0);
	} else {
		text_put(&plan->text, "\"function\":{\"arguments\":");
		turn_fragment(&plan->text, arguments, part);
		text_put(&plan->text, "}");
	}
	text_put(&plan->text, "}");
	free(arguments);
}

static bool say_call(struct plan *plan, void *context, const cJSON *call,
		     int index)
{
	for (int part = 0; part <= TURN_FRAGMENTS; part++) {
		plan_pace(plan);
		delta_open(plan, context);
		text_put(&plan->text, "\"tool_calls\":[");
		say_fragment(plan, call, index, part);
		text_put(&plan->text, "]");
		delta_close(plan);
		if (!plan_piece(plan, context))
			return false;
	}
	return true;
}

/* All calls at once: each delta has a fragment of every one. */
static bool say_calls_together(struct plan *plan, void *context)
{
	const struct turn *turn = context;
	const cJSON *call;

	for (int part = 0; part <= TURN_FRAGMENTS; part++) {
		int index = 0;

		plan_pace(plan);
		delta_open(plan, context);
		text_put(&plan->text, "\"tool_calls\":[");
		cJSON_ArrayForEach(call, turn->calls) {
			text_put(&plan->text, index ? "," : "");
			say_fragment(plan, call, index++, part);
		}
		text_put(&plan->text, "]");
		delta_close(plan);
		if (!plan_piece(plan, context))
			return false;
	}
	return true;
}

static bool say_tools(struct plan *plan, void *context)
{
	const struct turn *turn = context;
	const cJSON *call;
	int index = 0;

	if (!turn->calls)
		return true;
	if (plan->scene->tool_together)
		return say_calls_together(plan, context);
	cJSON_ArrayForEach(call, turn->calls)
		if (!say_call(plan, context, call, index++))
			return false;
	return true;
}

static void say_usage(struct plan *plan, const char *place,
		      const struct turn *turn)
{
	if (turn->usage.length && strcmp(turn->scene->usage_at, place) == 0)
		text_printf(&plan->text, ",\"usage\":%s", turn->usage.at);
}

static void say_finish(struct plan *plan, void *context)
{
	const struct turn *turn = context;
	bool extra = strcmp(turn->scene->usage_at, "extra") == 0;

	delta_open(plan, turn);
	text_printf(&plan->text, "},\"finish_reason\":\"%s\"", turn->finish);
	say_usage(plan, "choice", turn);
	text_put(&plan->text, "}]");
	say_usage(plan, "top", turn);
	text_put(&plan->text, "}\n\n");
	plan_event(plan);
	if (!turn->usage.length || (!extra && !turn->wants_usage))
		return;
	chunk_open(plan, turn);
	text_printf(&plan->text, "],\"usage\":%s}\n\n", turn->usage.at);
	plan_event(plan);
}

static void say_close(struct plan *plan, void *context)
{
	(void)context;
	text_put(&plan->text, "data: [DONE]\n\n");
	plan_event(plan);
}

const struct voice platform_voice = {
	.noise = noise,
	.open = say_open,
	.reasoning = say_reasoning,
	.content = say_content,
	.tools = say_tools,
	.fail = say_fail,
	.finish = say_finish,
	.close = say_close,
};
