/* SPDX-License-Identifier: MIT */
/* Kimi web: which models the current protocol offers, and how one is asked to
 * think (kimi-upstreams B5). */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "upstream/web/service.h"

#define SERVICE "/apiv2/kimi.gateway.config.v1.ConfigService/GetAvailableModels"

#define DEFAULT_SCENARIO "SCENARIO_CHAT"
#define DEFAULT_MODEL "k2d6-chat"
#define DEFAULT_CONTEXT (256 * 1024)
#define LONGEST_NAME 64

#define EFFORT "REASONING_EFFORT_"
#define NONE EFFORT "NONE"
#define LOW EFFORT "LOW"
#define HIGH EFFORT "HIGH"
#define MAX EFFORT "MAX"

/* --- Listing --- */

/* Names go into requests, paths and lists: plain words only. */
static bool is_name(const char *s)
{
	size_t n = s == NULL ? 0 : strlen(s);

	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) &&
		    strchr("-_.", s[i]) == NULL)
			return false;
	return n > 0 && n <= LONGEST_NAME;
}

/* Without options a model thinks or does not; else none is one of them. */
static unsigned traits_of(const cJSON *entry)
{
	const cJSON *options = web_either(entry, "reasoningEffortOptions",
					  "reasoning_effort_options");
	bool thinks = cJSON_IsTrue(json_at(entry, "thinking"));
	bool none = false, some = false;
	const cJSON *v;

	cJSON_ArrayForEach(v, options) {
		const char *effort = json_text(v, "effort");

		if (effort != NULL && strcmp(effort, NONE) == 0)
			none = true;
		else if (effort != NULL)
			some = true;
	}
	return (thinks || (some && !none) ? MODEL_THINKS : 0) |
	       (none && some ? MODEL_THINKING_SWITCH : 0) |
	       (some ? MODEL_EFFORT : 0);
}

/* "CONTEXT_LENGTH_256K" is a number of tokens, "CONTEXT_LENGTH_L" is not. */
static int64_t tokens_of(const char *length)
{
	const char *word = length == NULL ? NULL : strrchr(length, '_');
	char *unit;
	long n;

	if (word == NULL || !isdigit((unsigned char)word[1]))
		return 0;
	n = strtol(word + 1, &unit, 10);
	if (n <= 0 || n > 1024 * 1024 || (*unit != '\0' && unit[1] != '\0'))
		return 0;
	switch (*unit) {
	case 'K':
		return (int64_t)n * 1024;
	case 'M':
		return (int64_t)n * 1024 * 1024;
	default:
		return 0;
	}
}

static int64_t context_of(const cJSON *entry)
{
	int64_t max = 0;
	const cJSON *v;

	cJSON_ArrayForEach(v, web_either(entry, "contextLengthOptions",
					 "context_length_options")) {
		const cJSON *length =
			web_either(v, "contextLength", "context_length");
		int64_t n = tokens_of(cJSON_GetStringValue(length));

		if (n > max && !cJSON_IsFalse(json_at(v, "available")))
			max = n;
	}
	return max > 0 ? max : DEFAULT_CONTEXT;
}

static void add_model(struct model_list *list, const cJSON *entry)
{
	const char *key = json_text(entry, "key");
	const char *scenario = json_text(entry, "scenario");

	if (!is_name(key) || !is_name(scenario))
		return;
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->models[i].name, key) == 0)
			return;
	list->models[list->n++] = (struct model){
		.name = key,
		.upstream = &upstream_web,
		.traits = traits_of(entry) | MODEL_IMAGES,
		.context = context_of(entry),
		.wire = key,
		.scenario = scenario,
	};
}

static void set_preferred(struct model_list *list, const cJSON *answer)
{
	const cJSON *chosen =
		web_either(answer, "defaultScenario", "default_scenario");
	const char *name = json_text(chosen, "model");

	for (size_t i = 0; name != NULL && i < list->n; i++)
		if (strcmp(list->models[i].name, name) == 0)
			list->preferred = name;
}

bool web_models_list(struct upstream_call *call, const char *host,
		     struct model_list *list)
{
	struct web_request q = {
		.protocol = WEB_CURRENT,
		.method = "POST",
		.url = arena_printf(call->arena, "%s" SERVICE, host),
		.bearer = call->bearer,
		.body = "{}",
		.abandon = HTTP_ABANDON_NEVER,
		.max_ms = WEB_REQUEST_MS,
	};
	const cJSON *answer = web_request_send(call, &q), *v;
	const cJSON *listed =
		web_either(answer, "availableModels", "available_models");

	*list = (struct model_list){ 0 };
	if (answer == NULL)
		return false;
	list->models = arena_array(call->arena,
				   (size_t)cJSON_GetArraySize(listed),
				   sizeof(*list->models));
	cJSON_ArrayForEach(v, listed)
		add_model(list, v);
	set_preferred(list, answer);
	if (list->n > 0)
		return true;
	return error_set(call->error, ERROR_UPSTREAM,
			 "Kimi lists no models that can be read.");
}

/* --- Choosing --- */

/* The known names are older than the list: they stand for what the service
 * prefers today. One that thinks does so always. */
struct model web_models_current(const struct model *known,
				const struct model_list *list)
{
	unsigned traits = known->traits & MODEL_THINKS ?
				  MODEL_EFFORT :
				  MODEL_EFFORT | MODEL_THINKING_SWITCH;
	struct model found = *known;

	for (size_t i = 0; i < list->n; i++)
		if (list->preferred != NULL &&
		    strcmp(list->models[i].name, list->preferred) == 0) {
			found.wire = list->models[i].wire;
			found.scenario = list->models[i].scenario;
			found.traits |= list->models[i].traits & traits;
		}
	return found;
}

/* The client's word; there may be a MEDIUM, which nobody has seen taken. */
static const char *effort_of(const char *word)
{
	static const struct {
		const char *word, *effort;
	} rows[] = {
		{ "none", NONE },   { "minimal", LOW }, { "low", LOW },
		{ "medium", HIGH }, { "high", HIGH },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (strcmp(rows[i].word, word) == 0)
			return rows[i].effort;
	return MAX;
}

static bool wants_thinking(const struct chat_request *r, bool fallback)
{
	switch (r->thinking) {
	case CHAT_THINKING_ON:
		return true;
	case CHAT_THINKING_OFF:
		return false;
	case CHAT_THINKING_DEFAULT:
		break;
	}
	return r->effort == NULL ? fallback : strcmp(r->effort, "none") != 0;
}

/*
 * A model that thinks by itself may take "no"; one that takes an effort can
 * think. One that is not of the list stands for the default one, of which
 * "k1.5" is the thinking kind.
 */
static bool will_think(const struct model *m, const struct chat_request *r)
{
	bool by_itself = m->traits & MODEL_THINKS;

	if (by_itself)
		return !(m->traits & MODEL_THINKING_SWITCH) ||
		       wants_thinking(r, true);
	return (m->scenario == NULL || (m->traits & MODEL_EFFORT)) &&
	       wants_thinking(r, false);
}

/* Of a model that thinks; NULL: it takes none. */
static const char *effort_for(const struct model *m, const char *model,
			      const struct chat_request *r)
{
	const char *effort = r->effort == NULL ? HIGH : effort_of(r->effort);

	if (m->scenario != NULL && !(m->traits & MODEL_EFFORT))
		return NULL;
	/* All that this one has; and the least for a model that must think. */
	if (strcmp(model, DEFAULT_MODEL) == 0 || strcmp(effort, NONE) == 0)
		return LOW;
	return effort;
}

struct web_choice web_choose(const struct model *m,
			     const struct chat_request *request)
{
	struct web_choice c = {
		.scenario = m->scenario,
		.model = m->wire != NULL ? m->wire : m->name,
		.thinks = will_think(m, request),
	};

	if (m->scenario == NULL) {
		c.scenario = DEFAULT_SCENARIO;
		c.model = DEFAULT_MODEL;
	}
	if (c.thinks)
		c.effort = effort_for(m, c.model, request);
	else if (m->scenario == NULL || (m->traits & MODEL_EFFORT))
		c.effort = NONE;
	return c;
}
