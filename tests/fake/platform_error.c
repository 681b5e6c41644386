/* SPDX-License-Identifier: MIT */
/* What errors of the Open Platform and of Kimi Code look like, in both
 * flavours, and the headers of all their replies. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "peer.h"
#include "platform_check.h"
#include "platform_error.h"
#include "scene.h"

static const struct {
	int status;
	const char *fault;
} failures[] = {
	{ 400, "invalid_request" }, { 401, "invalid_authentication" },
	{ 402, "membership" },	    { 403, "permission_denied" },
	{ 404, "not_found" },	    { 429, "rpm" },
	{ 499, "client_closed" },   { 503, "server_unavailable" },
};

static const struct fault *fault_of_status(int status)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++)
		if (failures[i].status == status)
			return fault_find(failures[i].fault);
	return fault_find("server_error");
}

static void error_add(struct text *body, const struct fault *fault,
		      const char *type)
{
	text_put(body, "\"error\":{\"message\":");
	text_quote_string(body, fault->message);
	text_put(body, ",\"type\":");
	text_quote_string(body, type);
	if (fault->code) {
		text_put(body, ",\"code\":");
		text_quote_string(body, fault->code);
	}
	text_put(body, "}");
}

void platform_error_body(struct text *body, const struct fault *fault)
{
	text_put(body, "{");
	error_add(body, fault, fault->type);
	text_put(body, "}");
}

void anthropic_error_body(struct text *body, const struct fault *fault)
{
	text_put(body, "{\"type\":\"error\",");
	error_add(body, fault,
		  fault->messages_type ? fault->messages_type : fault->type);
	text_printf(body, ",\"request_id\":\"req_%016" PRIx64 "\"}",
		    (uint64_t)clock_day_us());
}

void platform_failure_body(struct text *body, int status)
{
	if (status < 400)
		text_put(body, "{}");
	else
		platform_error_body(body, fault_of_status(status));
}

void anthropic_failure_body(struct text *body, int status)
{
	if (status < 400)
		text_put(body, "{}");
	else
		anthropic_error_body(body, fault_of_status(status));
}

static void header_add(struct MHD_Response *response, const char *name,
		       const char *value)
{
	if (!MHD_get_response_header(response, name))
		MHD_add_response_header(response, name, value);
}

void platform_headers(struct MHD_Response *response)
{
	char id[40];

	(void)snprintf(id, sizeof(id), "fake%016" PRIx64,
		       (uint64_t)clock_day_us());
	header_add(response, "Msh-Request-Id", id);
	header_add(response, "x-trace-id", id);
	header_add(response, "X-RateLimit-Limit", "500");
	header_add(response, "X-RateLimit-Remaining", "499");
	header_add(response, "X-RateLimit-Reset", "1");
}

static enum MHD_Result fault_reply(struct exchange *ex,
				   const struct scene *scene,
				   const struct fault *fault)
{
	struct text body = { 0 };

	ex->route->service->fault(&body, fault);
	return exchange_json(ex, scene, fault->status, &body);
}

enum MHD_Result platform_error(struct exchange *ex, const struct scene *scene,
			       int status, const char *type,
			       const char *message)
{
	struct fault fault = {
		.status = status,
		.type = type,
		.message = message,
	};

	return fault_reply(ex, scene, &fault);
}

enum MHD_Result platform_fault(struct exchange *ex, const struct scene *scene,
			       const char *name)
{
	return fault_reply(ex, scene, fault_find(name));
}

enum MHD_Result platform_refuse(struct exchange *ex, struct refusal *no)
{
	enum MHD_Result result =
		platform_error(ex, NULL, no->status, no->type, no->message.at);

	text_fini(&no->message);
	return result;
}
