/* SPDX-License-Identifier: MIT */
/* Requests that are answered with one JSON object. */
#include "upstream/api/json_call.h"

#include "upstream/error_body.h"
#include "upstream/hosts.h"

/* Better to do without the answer than to wait longer for it. */
#define GET_MS 10000

static const cJSON *read_reply(struct upstream_call *call,
			       const struct api_service *service,
			       const struct http_reply *reply)
{
	struct error ignored;
	const cJSON *body = json_parse(call->arena, buf_text(&reply->body),
				       reply->body.len, &ignored);

	if (reply->status / 100 == 2 && cJSON_IsObject(body) &&
	    !error_body_has_error(body))
		return body;
	api_service_reply_failed(call, service, reply);
	return NULL;
}

const cJSON *json_call_send(struct upstream_call *call,
			    const struct api_service *service,
			    const struct http_call *http)
{
	struct http_reply reply;
	const cJSON *body = NULL;

	http_reply_init(&reply);
	if (call->http->send(call->http, http, &reply, call->error))
		body = read_reply(call, service, &reply);
	buf_fini(&reply.body);
	return body;
}

struct get {
	struct upstream_call *call;
	const struct api_service *service;
	const char *path;
	const cJSON *body; /* out */
};

static bool ask_host(void *ctx, const char *host)
{
	struct get *get = ctx;
	struct upstream_call *call = get->call;
	struct http_call http = {
		.method = "GET",
		.url = arena_printf(call->arena, "%s%s", host, get->path),
		.bearer = call->bearer,
		.headers = get->service->headers,
		.abandon = HTTP_ABANDON_NEVER,
		.max_ms = GET_MS,
	};

	get->body = json_call_send(call, get->service, &http);
	return get->body != NULL;
}

const cJSON *json_call_get(struct upstream_call *call,
			   const struct api_service *service, const char *path)
{
	struct get get = { .call = call, .service = service, .path = path };
	struct hosts_visit visit = { .ask = ask_host, .ctx = &get };

	return hosts_visit(call, service->urls, &visit) ? get.body : NULL;
}
