/* SPDX-License-Identifier: MIT */
/* Searches: what is found for which words, and $web_search, whose call comes
 * back to the service as its own result. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "platform_media.h"
#include "platform_search.h"
#include "platform_turn.h"

#define SLUG_MAX 48
#define BUILTIN "$web_search"
#define SEARCH_TOKENS 7946

/* The words as in URLs, without a scene. */
static void slug_add(struct text *t, const char *words)
{
	const char *end = strstr(words, "fake:{");
	size_t n = end ? (size_t)(end - words) : strlen(words);
	bool gap = false;

	for (size_t i = 0; i < n && t->length < SLUG_MAX; i++) {
		unsigned char c = (unsigned char)words[i];
		char small = (char)tolower(c);

		if (c >= 0x80 || !isalnum(c)) {
			gap = t->length > 0;
			continue;
		}
		if (gap)
			text_put(t, "-");
		gap = false;
		text_add(t, &small, 1);
	}
	if (!t->length)
		text_put(t, "nothing");
}

static void member_add(cJSON *object, const char *name, struct text *value)
{
	cJSON_AddStringToObject(object, name, value->at);
	text_fini(value);
}

cJSON *search_results(const char *words)
{
	cJSON *results = cJSON_CreateArray(), *result;
	struct text slug = { 0 }, made = { 0 };

	slug_add(&slug, words);
	for (int i = 1; i <= 2; i++) {
		result = cJSON_CreateObject();
		cJSON_AddStringToObject(result, "site_name", "Example");
		text_printf(&made, "Page %d about %s", i, slug.at);
		member_add(result, "title", &made);
		text_printf(&made, "https://example.com/%s/%d", slug.at, i);
		member_add(result, "url", &made);
		text_printf(&made, "What page %d says about %s.", i, slug.at);
		member_add(result, "snippet", &made);
		cJSON_AddItemToArray(results, result);
	}
	text_fini(&slug);
	return results;
}

static bool is_builtin(const cJSON *call)
{
	return strcmp(platform_word(platform_member(call, "function"), "name"),
		      BUILTIN) == 0;
}

static bool has_builtin(const cJSON *calls)
{
	const cJSON *call;

	cJSON_ArrayForEach(call, calls)
		if (is_builtin(call))
			return true;
	return false;
}

/* The arguments of a round: they stand for what was found. */
static void round_arguments(struct text *arguments, const struct turn *turn,
			    int round)
{
	struct text seed = { 0 };
	struct media media = { 0 };

	text_printf(&seed, "%d %s %s", round, turn->ask->key, turn->said.at);
	media_digest(&media, seed.at, seed.length);
	text_fini(&seed);
	text_printf(arguments,
		    "{\"search_result\":{\"search_id\":\"%s%04x\"},\"usage\":"
		    "{\"total_tokens\":%d}}",
		    media.hash, round, SEARCH_TOKENS);
}

/* Whether the round's call came back unchanged. */
static bool round_check(const struct turn *turn, const cJSON *calls, int round,
			struct refusal *no)
{
	struct text expected = { 0 };
	const cJSON *call;
	bool same = true;

	round_arguments(&expected, turn, round);
	cJSON_ArrayForEach(call, calls)
		if (is_builtin(call))
			same = same &&
			       !strcmp(platform_word(platform_member(
							     call, "function"),
						     "arguments"),
				       expected.at);
	text_fini(&expected);
	return same || refuse(no, "Invalid request: search_id not found");
}

/* How many searches came back since the last user message; -1: one of them was
 * changed. */
static int rounds_done(const struct turn *turn, struct refusal *no)
{
	const cJSON *messages = platform_member(turn->ask->request, "messages");
	const cJSON *message, *user = NULL;
	int rounds = 0;

	cJSON_ArrayForEach(message, messages)
		if (strcmp(platform_word(message, "role"), "user") == 0)
			user = message;
	for (message = user; message; message = message->next) {
		const cJSON *calls = platform_member(message, "tool_calls");

		if (!has_builtin(calls))
			continue;
		if (!round_check(turn, calls, ++rounds, no))
			return -1;
	}
	return rounds;
}

static cJSON *round_call(const struct turn *turn, int round)
{
	cJSON *calls = cJSON_CreateArray(), *call = cJSON_CreateObject();
	struct text made = { 0 };

	text_printf(&made, "t-web_search-%s-%d",
		    turn->id + strlen(turn->id) - 8, round);
	member_add(call, "id", &made);
	cJSON_AddStringToObject(call, "name", BUILTIN);
	round_arguments(&made, turn, round);
	member_add(call, "arguments", &made);
	cJSON_AddItemToArray(calls, call);
	return calls;
}

/* A model searches when the scene has sources or the user says so, and goes on
 * with what it began. Calls that the scene has itself are the scene's. */
bool search_begin(struct turn *turn, const struct scene *scene,
		  struct refusal *no)
{
	const cJSON *request = turn->ask->request;
	int done;

	if (!has_builtin(platform_member(request, "tools")) ||
	    strcmp(platform_word(request, "tool_choice"), "none") == 0 ||
	    (scene->tool_calls && !scene->search))
		return true;
	done = rounds_done(turn, no);
	if (done <= 0 && !scene->search && !strstr(turn->said.at, "searchweb"))
		return done == 0;
	if (done < 0)
		return false;
	turn->search_tokens = (size_t)done * SEARCH_TOKENS;
	if (done < scene->search_rounds)
		turn->search = round_call(turn, done + 1);
	else
		turn->searched = true;
	return true;
}

void search_answer(struct text *answer, const struct turn *turn)
{
	cJSON *found = search_results(turn->said.at);
	const cJSON *results = turn->scene->search, *result;
	const char *between = "This is what I found:";

	if (!results)
		results = found;
	cJSON_ArrayForEach(result, results) {
		text_printf(answer, "%s [%s](%s)", between,
			    platform_word(result, "title"),
			    platform_word(result, "url"));
		between = ",";
	}
	text_put(answer, ".");
	cJSON_Delete(found);
}
