/* SPDX-License-Identifier: MIT */
/* What the services that are asked with keys say of their failures. */
#include "upstream/api/service.h"

bool api_service_failed(const struct upstream_call *call,
			const struct api_service *service, long status,
			int64_t retry_after_ms, const cJSON *body)
{
	const cJSON *error = json_at(body, "error");
	const char *message = cJSON_IsString(error) ?
				      error->valuestring :
				      json_text(error, "message");

	return failure_set(
		call->error,
		&(struct failure){
			.wire = service->wire,
			.status = status,
			.type = json_text(error, "type"),
			.message = message != NULL ? message :
						     json_text(body, "message"),
			.retry_after_ms = retry_after_ms });
}

bool api_service_reply_failed(const struct upstream_call *call,
			      const struct api_service *service,
			      const struct http_reply *reply)
{
	struct error ignored;
	const cJSON *body = json_parse(call->arena, buf_text(&reply->body),
				       reply->body.len, &ignored);

	return api_service_failed(call, service, reply->status,
				  reply->retry_after_ms, body);
}
