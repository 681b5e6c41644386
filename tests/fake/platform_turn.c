/* SPDX-License-Identifier: MIT */
/* What the Open Platform answers to a request: default words, remembered
 * words, a scene's words; and the tokens it counts for them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"
#include "platform_media.h"
#include "platform_search.h"
#include "platform_turn.h"

#define DEFAULT_THOUGHT "Thinking about what the user said."

static const cJSON *member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* The text of a message, its parts one after the other. */
static void message_text(struct text *t, const cJSON *message)
{
	const cJSON *content = member(message, "content"), *part;

	if (cJSON_IsString(content))
		text_put(t, content->valuestring);
	cJSON_ArrayForEach(part, content)
		text_put(t, platform_word(part, "text"));
}

/* Nothing but results of tools, which the Anthropic flavour has in messages
 * of the user. */
static bool is_results(const cJSON *content)
{
	const cJSON *part;
	bool results = false;

	cJSON_ArrayForEach(part, content) {
		if (*platform_word(part, "text"))
			return false;
		results |= !strcmp(platform_word(part, "type"), "tool_result");
	}
	return results;
}

static bool is_user(const cJSON *message)
{
	return strcmp(platform_word(message, "role"), "user") == 0 &&
	       !is_results(member(message, "content"));
}

static void last_user_text(struct text *t, const cJSON *messages)
{
	const cJSON *message;

	cJSON_ArrayForEach(message, messages) {
		if (!is_user(message))
			continue;
		t->length = 0;
		message_text(t, message);
	}
	text_add(t, "", 0);
}

static void all_user_texts(struct text *t, const cJSON *messages)
{
	const cJSON *message;
	const char *between = "";

	cJSON_ArrayForEach(message, messages) {
		if (!is_user(message))
			continue;
		text_put(t, between);
		message_text(t, message);
		between = " | ";
	}
}

void turn_init(struct turn *turn, const struct flavour *flavour,
	       const struct ask *ask)
{
	const cJSON *request = ask->request;
	int64_t now = clock_day_us();

	*turn = (struct turn){ .flavour = flavour, .ask = ask };
	turn->created = now / 1000000;
	(void)snprintf(turn->id, sizeof(turn->id), "chatcmpl-%016" PRIx64,
		       (uint64_t)now);
	turn->stream = cJSON_IsTrue(member(request, "stream"));
	turn->wants_usage = cJSON_IsTrue(
		member(member(request, "stream_options"), "include_usage"));
	last_user_text(&turn->said, member(request, "messages"));
	turn->partial = platform_partial(request);
}

/* Whether the reply must be JSON. */
static bool is_json(const cJSON *request)
{
	const cJSON *format = member(request, "response_format");

	if (!format)
		format = member(member(request, "output_config"), "format");
	return strncmp(platform_word(format, "type"), "json", 4) == 0;
}

struct showing {
	const struct turn *turn;
	struct text *words;
};

/* Shows that the image arrived complete. */
static void show_media(void *context, const cJSON *part)
{
	const struct showing *showing = context;
	struct refusal no = { 0 };
	struct media media;

	if (media_read(showing->turn->ask, part, &media, &no)) {
		text_printf(showing->words, " [%s ", media.kind);
		media_describe(showing->words, &media);
		text_put(showing->words, "]");
	}
	text_fini(&no.message);
}

static void default_answer(struct turn *turn)
{
	const cJSON *request = turn->ask->request;
	struct text words = { 0 };
	struct showing showing = { turn, &words };

	if (turn->partial) {
		text_put(&turn->answer, " and so on.");
		return;
	}
	if (turn->searched) {
		search_answer(&words, turn);
	} else if (scene_recalls(turn->said.at)) {
		text_put(&words, "I remember: ");
		all_user_texts(&words, member(request, "messages"));
	} else {
		text_printf(&words, "This is the fake Kimi. You said: %s",
			    turn->said.at);
	}
	media_each(member(request, "messages"), show_media, &showing);
	if (is_json(request)) {
		text_put(&turn->answer, "{\"answer\":");
		text_quote(&turn->answer, words.at, words.length);
		text_put(&turn->answer, "}");
	} else {
		text_add(&turn->answer, words.at, words.length);
	}
	text_fini(&words);
}

static void stop_at(struct turn *turn, const cJSON *stop)
{
	struct text *answer = &turn->answer;
	const char *word = cJSON_GetStringValue(stop);
	char *found = word && *word ? strstr(answer->at, word) : NULL;

	if (!found)
		return;
	*found = '\0';
	answer->length = (size_t)(found - answer->at);
	turn->stop = word;
}

static size_t tokens_of(size_t bytes)
{
	return (bytes + 3) / 4;
}

static void platform_usage(const struct turn *turn, struct text *json)
{
	text_printf(json,
		    "{\"prompt_tokens\":%zu,\"completion_tokens\":%zu,"
		    "\"total_tokens\":%zu,\"cached_tokens\":0,"
		    "\"completion_tokens_details\":{\"reasoning_tokens\":%zu},"
		    "\"prompt_tokens_details\":{\"cached_tokens\":0}}",
		    turn->prompt_tokens, turn->said_tokens,
		    turn->prompt_tokens + turn->said_tokens,
		    turn->thought_tokens);
}

const struct flavour platform_flavour = {
	.check = platform_check,
	.voice = &platform_voice,
	.whole = turn_whole,
	.usage = platform_usage,
};

static void turn_usage(struct turn *turn)
{
	const struct scene *scene = turn->scene;
	char *printed;

	turn->prompt_tokens =
		8 + platform_tokens(turn->ask->request) + turn->search_tokens;
	turn->thought_tokens = tokens_of(turn->reasoning.length);
	turn->said_tokens =
		turn->thought_tokens + tokens_of(turn->answer.length) + 1;
	if (strcmp(scene->usage_at, "none") == 0)
		return;
	if (!scene->usage) {
		turn->flavour->usage(turn, &turn->usage);
		return;
	}
	printed = cJSON_PrintUnformatted(scene->usage);
	text_put(&turn->usage, printed);
	cJSON_free(printed);
}

static void turn_reasoning(struct turn *turn)
{
	const char *given = turn->scene->reasoning;

	if (given && (*given || !turn->search))
		text_put(&turn->reasoning, given);
	else if (!turn->partial &&
		 platform_thinks(turn->ask->model, turn->ask->request))
		text_put(&turn->reasoning, DEFAULT_THOUGHT);
	text_add(&turn->reasoning, "", 0);
}

/* A stop sequence ends the answer and is not part of it. */
static void turn_stop(struct turn *turn)
{
	const cJSON *request = turn->ask->request;
	const cJSON *stop = member(request, "stop"), *one;

	if (!stop)
		stop = member(request, "stop_sequences");
	stop_at(turn, stop);
	cJSON_ArrayForEach(one, stop)
		stop_at(turn, one);
}

void turn_answer(struct turn *turn, const struct scene *scene)
{
	const char *words = turn->search ? NULL : scene->answer;

	turn->scene = scene;
	turn->calls = turn->search ? turn->search : scene->tool_calls;
	for (int i = 0; words && i < scene->repeat; i++)
		text_put(&turn->answer, words);
	if (!words && !turn->calls)
		default_answer(turn);
	text_add(&turn->answer, "", 0);
	turn_stop(turn);
	turn->finish = turn->calls ? "tool_calls" : "stop";
	if (scene->finish_reason && !turn->search)
		turn->finish = scene->finish_reason;
	turn_reasoning(turn);
	turn_usage(turn);
}

void turn_fini(struct turn *turn)
{
	text_fini(&turn->said);
	text_fini(&turn->answer);
	text_fini(&turn->reasoning);
	text_fini(&turn->usage);
	cJSON_Delete(turn->search);
}

char *turn_arguments(const cJSON *call)
{
	const cJSON *arguments = member(call, "arguments");
	char *printed, *copy;

	if (!arguments || cJSON_IsString(arguments))
		return memory_copy(arguments ? arguments->valuestring : "{}");
	printed = cJSON_PrintUnformatted(arguments);
	copy = memory_copy(printed);
	cJSON_free(printed);
	return copy;
}

void turn_fragment(struct text *json, const char *arguments, int part)
{
	size_t n = strlen(arguments), characters = utf8_count(arguments, n);
	size_t from = utf8_offset(
		arguments, n, characters * (size_t)(part - 1) / TURN_FRAGMENTS);
	size_t until = utf8_offset(arguments, n,
				   characters * (size_t)part / TURN_FRAGMENTS);

	text_quote(json, arguments + from, until - from);
}

void turn_call(struct text *json, const cJSON *call, const char *arguments,
	       size_t n)
{
	const char *name = platform_word(call, "name");

	text_put(json, "\"id\":");
	text_quote_string(json, platform_word(call, "id"));
	text_printf(json, ",\"type\":\"%s\",\"function\":{\"name\":",
		    *name == '$' ? "builtin_function" : "function");
	text_quote_string(json, name);
	text_put(json, ",\"arguments\":");
	text_quote(json, arguments, n);
	text_put(json, "}");
}

static void whole_calls(struct text *json, const cJSON *calls)
{
	const cJSON *call;
	int index = 0;

	if (!calls)
		return;
	text_put(json, ",\"tool_calls\":[");
	cJSON_ArrayForEach(call, calls) {
		char *arguments = turn_arguments(call);

		text_printf(json, "%s{\"index\":%d,", index ? "," : "", index);
		turn_call(json, call, arguments, strlen(arguments));
		text_put(json, "}");
		free(arguments);
		index++;
	}
	text_put(json, "]");
}

void turn_whole(const struct turn *turn, struct text *json)
{
	text_printf(json,
		    "{\"id\":\"%s\",\"object\":\"chat.completion\",\"created\":"
		    "%" PRId64 ",\"model\":\"%s\",\"choices\":[{\"index\":0,"
		    "\"message\":{\"role\":\"assistant\",\"content\":",
		    turn->id, turn->created, turn->ask->model->id);
	text_quote(json, turn->answer.at, turn->answer.length);
	if (turn->reasoning.length) {
		text_put(json, ",\"reasoning_content\":");
		text_quote(json, turn->reasoning.at, turn->reasoning.length);
	}
	whole_calls(json, turn->calls);
	text_printf(json, "},\"finish_reason\":\"%s\"}]", turn->finish);
	if (turn->usage.length)
		text_printf(json, ",\"usage\":%s", turn->usage.at);
	text_put(json, "}");
}
