/* SPDX-License-Identifier: MIT */
/* The Open Platform: what is asked with GET. */
#include <string.h>

#include "base/json.h"
#include "upstream/hosts.h"
#include "upstream/api/service.h"

/* A list that does not come soon is done without. */
#define GET_MS 10000
#define DEFAULT_CREATED 1735689600 /* where the service names no date */

static const cJSON *read_reply(struct upstream_call *call,
			       const struct platform_service *service,
			       const struct http_reply *reply)
{
	struct error e;
	const cJSON *body = json_parse(call->arena, buf_text(&reply->body),
				       reply->body.len, &e);

	if (reply->status / 100 == 2 && cJSON_IsObject(body))
		return body;
	failure_set(
		call->error,
		&(struct failure){ .service = service->failure,
				   .status = reply->status,
				   .type = json_text(body, "error.type"),
				   .message = json_text(body, "error.message"),
				   .retry_after_ms = reply->retry_after_ms });
	return NULL;
}

static const cJSON *get_from(struct upstream_call *call,
			     const struct platform_service *service,
			     const char *host, const char *path)
{
	struct http_call http = {
		.method = "GET",
		.url = arena_printf(call->arena, "%s%s", host, path),
		.bearer = call->bearer,
		.headers = service->headers,
		.abandon = HTTP_ABANDON_NEVER,
		.max_ms = GET_MS,
	};
	struct http_reply reply;
	const cJSON *body = NULL;

	http_reply_init(&reply);
	if (call->http->send(call->http, &http, &reply, call->error))
		body = read_reply(call, service, &reply);
	buf_fini(&reply.body);
	return body;
}

const cJSON *platform_get(struct upstream_call *call,
			  const struct platform_service *service,
			  const char *path)
{
	const char *first = hosts_first(call, service->urls), *host = first;

	while (host != NULL) {
		const cJSON *body = get_from(call, service, host, path);

		if (body != NULL) {
			hosts_note(call, service->urls, host);
			return body;
		}
		if (call->error->kind != ERROR_CREDENTIAL)
			return NULL;
		host = hosts_next(service->urls, first, host);
	}
	return NULL;
}

bool platform_read_list(struct upstream_call *call,
			const struct platform_service *service,
			const struct upstream *upstream,
			void (*read)(struct model *m, const cJSON *v),
			struct model_list *list)
{
	const cJSON *body = platform_get(call, service, "/models"), *v;
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
		m = model_assumed(name, upstream);
		m.name = name;
		m.context = json_int(v, "context_length", m.context);
		m.created =
			json_int(v, "created",
				 m.created != 0 ? m.created : DEFAULT_CREATED);
		read(&m, v);
		list->models[list->n++] = m;
	}
	return true;
}

/* What the service says of a model goes before what we knew. */
static void read_traits(struct model *m, const cJSON *v)
{
	if (cJSON_IsTrue(json_at(v, "supports_image_in")))
		m->traits |= MODEL_IMAGES;
	if (cJSON_IsFalse(json_at(v, "supports_image_in")))
		m->traits &= ~(unsigned)MODEL_IMAGES;
	if (cJSON_IsTrue(json_at(v, "supports_video_in")))
		m->traits |= MODEL_VIDEOS;
	if (cJSON_IsTrue(json_at(v, "supports_reasoning")))
		m->traits |= MODEL_THINKS;
}

bool platform_list(struct upstream_call *call, struct model_list *list)
{
	struct platform_service service = {
		.failure = FAILURE_PLATFORM,
		.urls = &call->config->platform_urls,
	};

	return platform_read_list(call, &service, &upstream_platform,
				  read_traits, list);
}
