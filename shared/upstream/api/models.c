/* SPDX-License-Identifier: MIT */
/* Which models a service lists. */
#include "upstream/api/models.h"

#include "upstream/api/json_call.h"
#include "upstream/api/known_models.h"

#define DEFAULT_CREATED 1735689600 /* where the service names no date */

void models_add_support(struct model *m, const cJSON *v)
{
	if (cJSON_IsTrue(json_at(v, "supports_image_in")))
		m->traits |= MODEL_IMAGES;
	if (cJSON_IsTrue(json_at(v, "supports_video_in")))
		m->traits |= MODEL_VIDEOS;
	if (cJSON_IsTrue(json_at(v, "supports_reasoning")))
		m->traits |= MODEL_THINKS;
}

bool models_list(struct upstream_call *call, const struct api_service *service,
		 const struct upstream *upstream,
		 void (*read_traits)(struct model *m, const cJSON *v),
		 struct model_list *list)
{
	const cJSON *body = json_call_get(call, service, "/models"), *v;
	const cJSON *data = json_at(body, "data");

	if (body == NULL)
		return false;
	list->models = arena_array(call->arena,
				   (size_t)cJSON_GetArraySize(data),
				   sizeof(*list->models));
	cJSON_ArrayForEach(v, data) {
		const char *name = json_text(v, "id");
		struct model m;

		if (!model_list_takes(list, name))
			continue;
		m = known_models_assume(name, upstream);
		m.name = name;
		m.context = json_int(v, "context_length", m.context);
		m.created =
			json_int(v, "created",
				 m.created != 0 ? m.created : DEFAULT_CREATED);
		read_traits(&m, v);
		list->models[list->n++] = m;
	}
	return true;
}
