/* SPDX-License-Identifier: MIT */
/* Kimi web: which models the current protocol offers. */
#include "upstream/web/models.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "upstream/web/effort.h"
#include "upstream/web/names.h"
#include "upstream/web/request.h"

#define SERVICE "/apiv2/kimi.gateway.config.v1.ConfigService/GetAvailableModels"

#define DEFAULT_CONTEXT (256 * 1024)
#define LONGEST_NAME 64

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

static unsigned efforts_of(const cJSON *entry)
{
	unsigned efforts = 0;
	const cJSON *v;

	cJSON_ArrayForEach(v, web_names_either(entry, "reasoningEffortOptions",
					       "reasoning_effort_options"))
		efforts |= web_effort_named(json_text(v, "effort"));
	return efforts;
}

/* Without efforts a model thinks or does not; with them, thinking can be turned
 * off if "none" is one of them. */
static unsigned traits_of(const cJSON *entry, unsigned efforts)
{
	bool thinks = cJSON_IsTrue(json_at(entry, "thinking"));
	bool none = efforts & WEB_EFFORT_NONE;
	bool some = efforts & ~(unsigned)WEB_EFFORT_NONE;

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

	cJSON_ArrayForEach(v, web_names_either(entry, "contextLengthOptions",
					       "context_length_options")) {
		const cJSON *length =
			web_names_either(v, "contextLength", "context_length");
		int64_t n = tokens_of(cJSON_GetStringValue(length));

		if (n > max && !cJSON_IsFalse(json_at(v, "available")))
			max = n;
	}
	return max > 0 ? max : DEFAULT_CONTEXT;
}

/*
 * The service names a model by the entry's id. Its key was taken for the name
 * before, and may be one that people know: "k3".
 */
static void add_model(struct model_list *list, const cJSON *entry,
		      const struct upstream *upstream)
{
	const char *key = json_text(entry, "key");
	const char *name = json_text(entry, "id");
	const char *scenario = json_text(entry, "scenario");
	unsigned efforts = efforts_of(entry);

	if (!is_name(key))
		key = NULL;
	if (!is_name(name))
		name = key;
	if (name == NULL || !is_name(scenario))
		return;
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->models[i].name, name) == 0)
			return;
	list->models[list->n++] = (struct model){
		.name = name,
		.upstream = upstream,
		.traits = traits_of(entry, efforts) | MODEL_IMAGES,
		.context = context_of(entry),
		.wire = name,
		.alias = key != NULL && strcmp(key, name) != 0 ? key : NULL,
		.scenario = scenario,
		.efforts = efforts,
		.effort = web_effort_named(
			web_names_either_text(entry, "defaultReasoningEffort",
					      "default_reasoning_effort")),
	};
}

static bool is_called(const struct model *m, const char *name)
{
	return strcmp(m->name, name) == 0 ||
	       (m->alias != NULL && strcmp(m->alias, name) == 0);
}

static void set_preferred(struct model_list *list, const cJSON *reply)
{
	const cJSON *chosen =
		web_names_either(reply, "defaultScenario", "default_scenario");
	const char *name = json_text(chosen, "model");

	for (size_t i = 0; name != NULL && i < list->n; i++)
		if (is_called(&list->models[i], name)) {
			list->preferred = list->models[i].name;
			return;
		}
}

bool web_models_list(struct upstream_call *call, const char *host,
		     const struct upstream *upstream, struct model_list *list)
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
	const cJSON *reply = web_request_send(call, &q), *v;
	const cJSON *listed =
		web_names_either(reply, "availableModels", "available_models");

	*list = (struct model_list){ 0 };
	if (reply == NULL)
		return false;
	list->models = arena_array(call->arena,
				   (size_t)cJSON_GetArraySize(listed),
				   sizeof(*list->models));
	cJSON_ArrayForEach(v, listed)
		add_model(list, v, upstream);
	set_preferred(list, reply);
	if (list->n > 0)
		return true;
	return error_set(call->error, ERROR_UPSTREAM,
			 "Kimi's list of models cannot be read.");
}

/* The known names are older than the list: they mean the model that the service
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
			found.efforts = list->models[i].efforts;
			found.effort = list->models[i].effort;
			found.traits |= list->models[i].traits & traits;
		}
	return found;
}
