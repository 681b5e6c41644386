/* SPDX-License-Identifier: MIT */
/* Kimi Code: what its list says about a model. */
#include "upstream/api/code_models.h"

#include <string.h>

#include "upstream/api/code_identity.h"
#include "upstream/api/models.h"

static void read_traits(struct model *m, const cJSON *v)
{
	const char *thinking = json_text(v, "supports_thinking_type");
	const char *protocol = json_text(v, "protocol");
	const cJSON *efforts = json_at(v, "think_efforts.support");

	m->traits &= ~(unsigned)(MODEL_IMAGES | MODEL_VIDEOS);
	models_add_support(m, v);
	if (thinking != NULL) {
		m->traits &= ~(unsigned)MODEL_THINKING_SWITCH;
		if (strcmp(thinking, "both") == 0)
			m->traits |= MODEL_THINKS | MODEL_THINKING_SWITCH;
		if (strcmp(thinking, "only") == 0)
			m->traits |= MODEL_THINKS;
		if (strcmp(thinking, "no") == 0)
			m->traits &= ~(unsigned)MODEL_THINKS;
	}
	if (cJSON_IsTrue(efforts))
		m->traits |= MODEL_EFFORT;
	if (cJSON_IsFalse(efforts))
		m->traits &= ~(unsigned)MODEL_EFFORT;
	if (protocol != NULL && strcmp(protocol, "anthropic") == 0)
		m->traits |= MODEL_MESSAGES;
	m->traits |= MODEL_FIXED_SAMPLING;
}

bool code_models_list(struct upstream_call *call,
		      const struct upstream *upstream,
		      struct model_list *models)
{
	struct api_service service = code_identity_service(call);

	return models_list(call, &service, upstream, read_traits, models);
}
