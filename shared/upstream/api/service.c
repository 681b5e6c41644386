/* SPDX-License-Identifier: MIT */
/* What the services that are asked with keys say of their failures. */
#include "upstream/api/service.h"

#include "base/secret.h"
#include "upstream/error_body.h"
#include "upstream/model.h"

static bool failed(const struct upstream_call *call,
		   const struct api_service *service, long status,
		   int64_t retry_after_ms, const struct error_body *said)
{
	return failure_set(
		call->error,
		&(struct failure){ .wire = service->wire,
				   .status = status,
				   .type = said->type,
				   .code = said->code,
				   .message = said->message,
				   .context = call->model == NULL ?
						      0 :
						      call->model->context,
				   .retry_after_ms = retry_after_ms });
}

bool api_service_failed(const struct upstream_call *call,
			const struct api_service *service, const cJSON *error)
{
	const struct error_body said = error_body_of(call->arena, error);

	return failed(call, service, said.status, 0, &said);
}

bool api_service_page_failed(const struct upstream_call *call,
			     const struct api_service *service, const char *p,
			     size_t n)
{
	const struct error_body said = error_body_read(call->arena, p, n);
	char *title = arena_copy(call->arena,
				 said.message == NULL ? "" : said.message);

	if (said.status != 0)
		return failed(call, service, said.status, 0, &said);
	secret_redact(title);
	return error_set(call->error, ERROR_UPSTREAM,
			 "Kimi sent a web page instead of a reply%s%s",
			 *title == '\0' ? "." : ": ", title);
}

bool api_service_reply_failed(const struct upstream_call *call,
			      const struct api_service *service,
			      const struct http_reply *reply)
{
	const struct error_body said = error_body_read(
		call->arena, buf_text(&reply->body), reply->body.len);

	return failed(call, service,
		      reply->status / 100 == 2 ? said.status : reply->status,
		      reply->retry_after_ms, &said);
}
