/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_JSON_CALL_H
#define UPSTREAM_API_JSON_CALL_H

#include "upstream/api/service.h"

/* The JSON object that one request is answered with, in the arena; NULL and a
 * filled error for any other reply. */
const cJSON *json_call_send(struct upstream_call *call,
			    const struct api_service *service,
			    const struct http_call *http);

/* The same for GET of `path` (below the base URL) at the host that knows the
 * key. Gives up after ten seconds. */
const cJSON *json_call_get(struct upstream_call *call,
			   const struct api_service *service, const char *path);

#endif
