/* SPDX-License-Identifier: MIT */
/* The models that Kimi web has, and which scenario, model and effort go
 * together. */
#include <stdlib.h>
#include <string.h>

#include "connect.h"
#include "connect_models.h"
#include "fake.h"

#define CONTEXT                                                                \
	"\"contextLengthOptions\":[{\"contextLength\":\"CONTEXT_LENGTH_L\","   \
	"\"available\":true}]"
#define EFFORTS                                                                \
	"\"reasoningEffortOptions\":[{\"effort\":\"REASONING_EFFORT_LOW\"},"   \
	"{\"effort\":\"REASONING_EFFORT_HIGH\"},"                              \
	"{\"effort\":\"REASONING_EFFORT_MAX\"}],"                              \
	"\"defaultReasoningEffort\":\"REASONING_EFFORT_HIGH\""

static const char models_default[] =
	"{\"availableModels\":["
	"{\"scenario\":\"SCENARIO_CHAT\",\"id\":\"k2d6-chat\","
	"\"key\":\"k2d6\",\"displayName\":\"Instant\","
	"\"description\":\"Quick answers\",\"thinking\":false,"
	"\"reasoningEffortOptions\":[{\"effort\":\"REASONING_EFFORT_NONE\"},"
	"{\"effort\":\"REASONING_EFFORT_LOW\"}],"
	"\"defaultReasoningEffort\":\"REASONING_EFFORT_LOW\"," CONTEXT "},"
	"{\"scenario\":\"SCENARIO_OK_COMPUTER\",\"id\":\"k28-agent-preview\","
	"\"key\":\"k28-preview\",\"displayName\":\"K2.8\","
	"\"thinking\":true,\"kimiPlusId\":\"ok-computer\"," CONTEXT "},"
	"{\"scenario\":\"SCENARIO_OK_COMPUTER\",\"id\":\"k3-agent\","
	"\"key\":\"k3\",\"displayName\":\"K3\",\"thinking\":true,"
	"\"switchableTo\":[\"k2d6-chat\",\"k28-agent-preview\"],"
	"\"kimiPlusId\":\"ok-computer\"," EFFORTS "," CONTEXT "},"
	"{\"scenario\":\"SCENARIO_OK_COMPUTER_SWARM\","
	"\"id\":\"k3-agent-swarm\",\"key\":\"k3-agent-ultra\","
	"\"displayName\":\"K3 Swarm\",\"thinking\":true,"
	"\"minMembershipLevel\":\"LEVEL_BASIC\","
	"\"kimiPlusId\":\"ok-computer\"," EFFORTS "," CONTEXT "}],"
	"\"defaultScenario\":{\"scenario\":\"SCENARIO_CHAT\","
	"\"model\":\"k2d6-chat\"}}";

/* Those of the official enum that were ever seen in use. */
static const struct scenario {
	const char *name;
	bool thinks; /* always */
} scenarios[] = {
	{ "SCENARIO_K1", true },
	{ "SCENARIO_K2", false },
	{ "SCENARIO_SEARCH", false },
	{ "SCENARIO_RESEARCH", true },
	{ "SCENARIO_K2D5", false },
	{ "SCENARIO_K3", true },
	{ "SCENARIO_CHAT", false },
	{ "SCENARIO_OK_COMPUTER", false },
	{ "SCENARIO_OK_COMPUTER_SWARM", false },
};

#define SCENARIOS (sizeof(scenarios) / sizeof(*scenarios))

cJSON *connect_models(struct fake *fake)
{
	cJSON *models = NULL;

	pthread_mutex_lock(&fake->lock);
	if (fake->models)
		models = cJSON_Duplicate(fake->models, 1);
	pthread_mutex_unlock(&fake->lock);
	return models ? models : cJSON_Parse(models_default);
}

static bool is_word(const cJSON *json, const char *name, const char *word)
{
	const char *value = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(json, name));

	return value && strcmp(value, word) == 0;
}

/* A chat names a model by its id; the key is no more than the page's. */
static const cJSON *model_find(const cJSON *models, const char *name)
{
	const cJSON *model;

	cJSON_ArrayForEach(model, cJSON_GetObjectItemCaseSensitive(
					  models, "availableModels"))
		if (is_word(model,
			    cJSON_HasObjectItem(model, "id") ? "id" : "key",
			    name))
			return model;
	return NULL;
}

static bool effort_ok(const cJSON *model, const char *effort)
{
	const cJSON *options = cJSON_GetObjectItemCaseSensitive(
		model, "reasoningEffortOptions");
	const cJSON *option;

	if (cJSON_GetArraySize(options) == 0)
		return true;
	cJSON_ArrayForEach(option, options)
		if (is_word(option, "effort", effort))
			return true;
	return false;
}

static bool model_ok(const cJSON *models, const char *scenario,
		     const char *name, const char *effort, bool *thinks,
		     struct text *why)
{
	const cJSON *model = model_find(models, name);

	if (!model)
		text_printf(why, "unknown model: %s", name);
	else if (!is_word(model, "scenario", scenario))
		text_printf(why, "model %s is not one of %s", name, scenario);
	else if (effort && !effort_ok(model, effort))
		text_printf(why, "model %s does not offer %s", name, effort);
	else
		*thinks |= cJSON_IsTrue(
			cJSON_GetObjectItemCaseSensitive(model, "thinking"));
	return why->length == 0;
}

static bool is_effort(const char *effort)
{
	static const char *const efforts[] = { "NONE", "LOW", "MEDIUM", "HIGH",
					       "MAX" };
	static const char prefix[] = "REASONING_EFFORT_";

	if (strncmp(effort, prefix, sizeof(prefix) - 1) != 0)
		return false;
	for (size_t i = 0; i < sizeof(efforts) / sizeof(*efforts); i++)
		if (strcmp(effort + sizeof(prefix) - 1, efforts[i]) == 0)
			return true;
	return false;
}

bool connect_model_ok(struct fake *fake, const char *scenario,
		      const char *model, const char *effort, bool *thinks,
		      struct text *why)
{
	cJSON *models;
	size_t i = 0;
	bool ok;

	while (i < SCENARIOS && strcmp(scenarios[i].name, scenario) != 0)
		i++;
	if (i == SCENARIOS)
		text_printf(why, "unknown scenario: %s", scenario);
	else if (effort && !is_effort(effort))
		text_printf(why, "unknown reasoning_effort: %s", effort);
	if (why->length)
		return false;
	*thinks = scenarios[i].thinks;
	if (!model)
		return true;
	models = connect_models(fake);
	ok = model_ok(models, scenario, model, effort, thinks, why);
	cJSON_Delete(models);
	return ok;
}

enum MHD_Result connect_answer_models(struct exchange *ex, struct scene *scene)
{
	cJSON *models = connect_models(ex->fake);
	char *printed = cJSON_PrintUnformatted(models);
	struct text body = { 0 };

	text_put(&body, printed);
	cJSON_free(printed);
	cJSON_Delete(models);
	return exchange_json(ex, scene, MHD_HTTP_OK, &body);
}
