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
 * Fills the call's error from what the service says in the `body` of a reply:
 * in its member "error", an object or a text, or in "message". `status` is 0
 * for an error within a reply that began with 200. Always false.
 */
bool api_service_failed(const struct upstream_call *call,
			const struct api_service *service, long status,
			int64_t retry_after_ms, const cJSON *body);

/* The same for a reply whose body is in `reply`. */
bool api_service_reply_failed(const struct upstream_call *call,
			      const struct api_service *service,
			      const struct http_reply *reply);

#endif
