/* SPDX-License-Identifier: MIT */
/* Plain (not streamed) replies, with the delays and cuts of a scene. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "exchange.h"
#include "fake.h"
#include "fault.h"
#include "gate.h"
#include "peer.h"
#include "scene.h"

/* A reply of known length that breaks off in its middle. */
struct half {
	size_t length;
	char bytes[];
};

static ssize_t half_read(void *context, uint64_t position, char *to, size_t max)
{
	const struct half *half = context;
	size_t left = half->length - (size_t)position;

	if (left == 0)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (left > max)
		left = max;
	memcpy(to, half->bytes + position, left);
	return (ssize_t)left;
}

static struct MHD_Response *half_response(const struct text *body)
{
	size_t n = body->length / 2;
	struct half *half = memory_new(sizeof(*half) + n);

	half->length = n;
	if (n)
		memcpy(half->bytes, body->at, n);
	return MHD_create_response_from_callback(body->length, 4096, half_read,
						 half, free);
}

const char *exchange_header(const struct exchange *ex, const char *name)
{
	return MHD_lookup_connection_value(ex->connection, MHD_HEADER_KIND,
					   name);
}

const char *exchange_credential(const struct exchange *ex)
{
	return ex->token ? ex->token : ex->api_key;
}

void exchange_base(const struct exchange *ex, struct text *url)
{
	const char *host = exchange_header(ex, "Host");
	bool secret = MHD_get_connection_info(
		ex->connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);

	text_printf(url, "%s://%s", secret ? "https" : "http",
		    host ? host : "127.0.0.1");
}

bool exchange_wait(const struct exchange *ex, int ms)
{
	return peer_wait(ex->fd, clock_us() + (int64_t)ms * 1000);
}

bool exchange_delay(const struct exchange *ex, const struct scene *scene)
{
	return exchange_wait(ex, scene->delay_ms) &&
	       (!scene->hold || gate_wait(ex->fake, ex->fd, scene->hold, 1));
}

static void add_header(struct MHD_Response *response, const cJSON *header)
{
	char *printed;

	if (cJSON_IsString(header)) {
		MHD_add_response_header(response, header->string,
					header->valuestring);
		return;
	}
	printed = cJSON_PrintUnformatted(header);
	MHD_add_response_header(response, header->string, printed);
	cJSON_free(printed);
}

void exchange_headers(struct MHD_Response *response, const struct scene *scene,
		      const char *type)
{
	const cJSON *headers = scene ? scene->headers : NULL, *header;
	const struct fault *fault =
		scene && scene->fault ? fault_find(scene->fault) : NULL;
	bool typed = false;

	cJSON_ArrayForEach(header, headers) {
		typed |= strcasecmp(header->string, "content-type") == 0;
		add_header(response, header);
	}
	if (!typed)
		MHD_add_response_header(response, "Content-Type", type);
	if (fault && fault->retry_after &&
	    !MHD_get_response_header(response, "Retry-After"))
		MHD_add_response_header(response, "Retry-After",
					fault->retry_after);
}

void exchange_service_headers(const struct exchange *ex,
			      struct MHD_Response *response)
{
	const struct service *service = ex->route->service;

	if (service && service->headers)
		service->headers(response);
}

enum MHD_Result exchange_reply(const struct exchange *ex,
			       const struct scene *scene, int status,
			       const char *type, const struct text *body)
{
	struct MHD_Response *response;
	enum MHD_Result result;

	if (scene && scene->drop)
		return MHD_NO;
	if (scene && scene->close_after >= 0)
		response = half_response(body);
	else
		response = MHD_create_response_from_buffer(
			body->length, body->at, MHD_RESPMEM_MUST_COPY);
	exchange_headers(response, scene, type);
	exchange_service_headers(ex, response);
	result = MHD_queue_response(ex->connection, (unsigned)status, response);
	MHD_destroy_response(response);
	return result;
}

enum MHD_Result exchange_json(const struct exchange *ex,
			      const struct scene *scene, int status,
			      struct text *body)
{
	enum MHD_Result result = exchange_reply(
		ex, scene, status, "application/json; charset=utf-8", body);

	text_fini(body);
	return result;
}

static const char *type_of(const struct text *body)
{
	const char *start = body->length ? body->at : "";

	if (*start == '<')
		return "text/html";
	if (*start == '{' || *start == '[')
		return "application/json; charset=utf-8";
	if (strncmp(start, "data:", 5) == 0)
		return "text/event-stream; charset=utf-8";
	return "text/plain; charset=utf-8";
}

/* What a front server sends instead of the service. */
static void gateway_page(struct text *body, int status)
{
	const char *title = status == 502 ? "502 Bad Gateway" :
					    "504 Gateway Time-out";

	text_printf(body,
		    "<html>\r\n<head><title>%s</title></head>\r\n<body>\r\n"
		    "<center><h1>%s</h1></center>\r\n<hr><center>nginx"
		    "</center>\r\n</body>\r\n</html>\r\n",
		    title, title);
}

static void failure_body(struct text *body, const struct service *service,
			 int status)
{
	if (status == 502 || status == 504)
		gateway_page(body, status);
	else
		service->failure(body, status);
}

enum MHD_Result exchange_failure(const struct exchange *ex,
				 const struct service *service, int status)
{
	struct text body = { 0 };

	failure_body(&body, service, status);
	return exchange_json(ex, NULL, status, &body);
}

static void fault_body(struct text *body, const struct service *service,
		       const struct fault *fault)
{
	if (fault->body)
		text_put(body, fault->body);
	else if (fault->message && service->fault)
		service->fault(body, fault);
	else
		failure_body(body, service, fault->status);
}

static int plain_status(const struct scene *scene, const struct fault *fault)
{
	if (scene->status)
		return scene->status;
	return fault ? fault->status : MHD_HTTP_OK;
}

enum MHD_Result exchange_plain(const struct exchange *ex,
			       const struct scene *scene)
{
	const struct fault *fault = scene->fault ? fault_find(scene->fault) :
						   NULL;
	int status = plain_status(scene, fault);
	struct text body = { 0 };
	enum MHD_Result result;
	char *printed;

	if (!exchange_delay(ex, scene)) {
		if (ex->route->completion)
			record_aborted(ex->fake);
		return MHD_NO;
	}
	if (cJSON_IsString(scene->body)) {
		text_put(&body, scene->body->valuestring);
	} else if (scene->body) {
		printed = cJSON_PrintUnformatted(scene->body);
		text_put(&body, printed);
		cJSON_free(printed);
	} else if (fault) {
		fault_body(&body, ex->route->service, fault);
	} else {
		failure_body(&body, ex->route->service, status);
	}
	result = exchange_reply(ex, scene, status, type_of(&body), &body);
	text_fini(&body);
	return result;
}
