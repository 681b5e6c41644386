/* SPDX-License-Identifier: MIT */
#ifndef HTTP_CALL_OPTIONS_H
#define HTTP_CALL_OPTIONS_H

#include "http/call.h"
#include "http/libcurl.h"

/* All header lines but those that libcurl adds itself; the caller frees
 * them. A user agent that is NULL has no line. */
struct curl_slist *call_options_headers(const struct libcurl *curl,
					const struct http_call *call,
					const char *user_agent);

/* The method and a body in memory, borrowed; of the URL, whether a proxy may see
 * it. */
void call_options_set(const struct libcurl *curl, CURL *easy,
		      const struct http_call *call);

#endif
