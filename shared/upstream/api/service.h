/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_SERVICE_H
#define UPSTREAM_API_SERVICE_H

#include "base/json.h"
#include "upstream/failure.h"
#include "upstream/upstream.h"

/* How a service is reached whose API is asked with keys: the Open Platform, or
 * Kimi Code in one of its flavours. */
struct api_service {
	enum failure_wire wire;
	const struct config_list *urls; /* base URLs */
	const char *const *headers; /* further ones, ended by NULL; or NULL */
};

/*
 * Fills the call's error from one that came within a reply that began with 200:
 * `error` has it in any shape (upstream/error_body.h). Always false.
 */
bool api_service_failed(const struct upstream_call *call,
			const struct api_service *service, const cJSON *error);

/* The same from a page that came with status 200. */
bool api_service_page_failed(const struct upstream_call *call,
			     const struct api_service *service, const char *p,
			     size_t n);

/* The same from a reply whose body is in `reply`: JSON, a page or text. */
bool api_service_reply_failed(const struct upstream_call *call,
			      const struct api_service *service,
			      const struct http_reply *reply);

#endif
