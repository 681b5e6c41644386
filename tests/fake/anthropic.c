/* SPDX-License-Identifier: MIT */
/* An answer of the Anthropic flavour as one message, and the words that its
 * events share. */
#include <stdlib.h>
#include <string.h>

#include "anthropic.h"

static const char *reason_of(const char *finish)
{
	static const char *const reasons[][2] = {
		{ "stop", "end_turn" },
		{ "length", "max_tokens" },
		{ "tool_calls", "tool_use" },
		{ "content_filter", "refusal" },
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (strcmp(finish, reasons[i][0]) == 0)
			return reasons[i][1];
	return finish;
}

void anthropic_end(struct text *json, const struct turn *turn)
{
	bool named = turn->stop && strcmp(turn->finish, "stop") == 0 &&
		     strncmp(turn->ask->service, "code", 4) == 0;

	text_put(json, "\"stop_reason\":");
	text_quote_string(json,
			  named ? "stop_sequence" : reason_of(turn->finish));
	text_put(json, ",\"stop_sequence\":");
	if (named)
		text_quote_string(json, turn->stop);
	else
		text_put(json, "null");
}

void anthropic_signature(struct text *json, const struct turn *turn)
{
	text_printf(json, "\"c2lnbmF0dXJl%zu==\"", turn->reasoning.length);
}

void anthropic_usage(const struct turn *turn, struct text *json)
{
	text_printf(json,
		    "{\"input_tokens\":%zu,\"cache_creation_input_tokens\":0,"
		    "\"cache_read_input_tokens\":0,\"output_tokens\":%zu}",
		    turn->prompt_tokens, turn->said_tokens);
}

static void whole_call(struct text *json, const cJSON *call)
{
	char *arguments = turn_arguments(call);
	cJSON *input = cJSON_Parse(arguments);

	text_put(json, "{\"type\":\"tool_use\",\"id\":");
	text_quote_string(json, platform_word(call, "id"));
	text_put(json, ",\"name\":");
	text_quote_string(json, platform_word(call, "name"));
	text_printf(json, ",\"input\":%s}",
		    cJSON_IsObject(input) ? arguments : "{}");
	cJSON_Delete(input);
	free(arguments);
}

static void whole_content(struct text *json, const struct turn *turn)
{
	const char *comma = "";
	const cJSON *call;

	if (turn->reasoning.length) {
		text_put(json, "{\"type\":\"thinking\",\"thinking\":");
		text_quote(json, turn->reasoning.at, turn->reasoning.length);
		text_put(json, ",\"signature\":");
		anthropic_signature(json, turn);
		text_put(json, "}");
		comma = ",";
	}
	if (turn->answer.length) {
		text_printf(json, "%s{\"type\":\"text\",\"text\":", comma);
		text_quote(json, turn->answer.at, turn->answer.length);
		text_put(json, "}");
		comma = ",";
	}
	cJSON_ArrayForEach(call, turn->calls) {
		text_put(json, comma);
		whole_call(json, call);
		comma = ",";
	}
}

void anthropic_whole(const struct turn *turn, struct text *json)
{
	text_printf(json,
		    "{\"id\":\"%s\",\"type\":\"message\",\"role\":"
		    "\"assistant\",\"model\":\"%s\",\"content\":[",
		    turn->id, turn->ask->model->id);
	whole_content(json, turn);
	text_put(json, "],");
	anthropic_end(json, turn);
	if (turn->usage.length)
		text_printf(json, ",\"usage\":%s", turn->usage.at);
	text_put(json, "}");
}

const struct flavour anthropic_flavour = {
	.check = anthropic_check,
	.voice = &anthropic_voice,
	.whole = anthropic_whole,
	.usage = anthropic_usage,
};
