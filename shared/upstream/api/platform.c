/* SPDX-License-Identifier: MIT */
/* The Open Platform. */
#include <string.h>

#include "upstream/api/balance.h"
#include "upstream/api/chat_events.h"
#include "upstream/api/documents.h"
#include "upstream/api/key.h"
#include "upstream/api/known_models.h"
#include "upstream/api/models.h"
#include "upstream/api/request_body.h"
#include "upstream/api/search.h"
#include "upstream/services.h"

/* The tool by which the service searches the web itself. */
#define SEARCH_TOOL "$web_search"

static struct api_service service_of(const struct upstream_call *call)
{
	return (struct api_service){
		.wire = FAILURE_PLATFORM,
		.urls = &call->config->platform_urls,
	};
}

static bool recognizes(const char *secret)
{
	return key_is_any(secret) && !key_is_code(secret);
}

static bool plausible(struct arena *a, const char *secret)
{
	(void)a;
	return key_plausible(secret);
}

static struct access_token access(struct arena *a, const char *secret)
{
	(void)a;
	return (struct access_token){ .token = secret,
				      .expires_ms = INT64_MAX };
}

static bool run_round(struct upstream_call *call,
		      const struct chat_request *request,
		      struct chat_stream *stream)
{
	struct api_service service = service_of(call);

	return chat_events_run(call, &service, request, stream);
}

/* The service searches when the arguments of its call are the result. */
static bool echo_search(struct upstream_call *call, const char *arguments,
			struct chat_stream *stream, const char **result)
{
	(void)call;
	(void)stream;
	*result = arguments;
	return true;
}

static bool run(struct upstream_call *call, const struct chat_request *request,
		struct chat_stream *stream)
{
	static const struct search search = {
		.tool = { .name = SEARCH_TOOL },
		.perform = echo_search,
		.unthinking = true,
		.charged = true,
	};
	struct api_service service = service_of(call);

	request = documents_include(call, &service, request);
	return request != NULL &&
	       search_run(call, request, stream, &search, run_round);
}

static void read_traits(struct model *m, const cJSON *v)
{
	if (cJSON_IsFalse(json_at(v, "supports_image_in")))
		m->traits &= ~(unsigned)MODEL_IMAGES;
	models_add_support(m, v);
}

static bool list(struct upstream_call *call, struct model_list *models)
{
	struct api_service service = service_of(call);

	return models_list(call, &service, &upstream_platform, read_traits,
			   models);
}

/* The service has been seen to serve models that it does not list. */
static bool assume(const char *name, struct model *model)
{
	if (strncmp(name, "kimi-", 5) != 0 &&
	    strncmp(name, "moonshot-", 9) != 0)
		return false;
	*model = known_models_assume(name, &upstream_platform);
	return true;
}

static int64_t slots(const struct config *config)
{
	return config->platform_slots;
}

static bool delete_file(struct upstream_call *call, const char *hash)
{
	struct api_service service = service_of(call);

	return documents_delete(call, &service, hash);
}

static bool quotas(struct upstream_call *call, struct quota_list *list)
{
	struct api_service service = service_of(call);

	return balance_quotas(call, &service, list);
}

const struct upstream upstream_platform = {
	.name = "platform",
	.features = UPSTREAM_TOOLS | UPSTREAM_IMAGES | UPSTREAM_VIDEOS |
		    UPSTREAM_FILES | UPSTREAM_FORMAT | UPSTREAM_LIMITS,
	.replacement = "make a new key at platform.kimi.ai (in mainland China "
		       "platform.kimi.com) and copy it",
	.models = known_models_platform,
	.recognizes = recognizes,
	.plausible = plausible,
	.access = access,
	.run = run,
	.list = list,
	.assume = assume,
	.file_scheme = REQUEST_BODY_FILE_SCHEME,
	.slots = slots,
	.quotas = quotas,
	.delete_file = delete_file,
};
