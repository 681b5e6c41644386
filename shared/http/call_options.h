/* SPDX-License-Identifier: MIT */
#ifndef HTTP_CALL_OPTIONS_H
#define HTTP_CALL_OPTIONS_H

#include "http/call.h"
#include "http/libcurl.h"

/* All header lines but those that libcurl adds itself; the caller frees
 * them. */
struct curl_slist *call_options_headers(const struct libcurl *curl,
					const struct http_call *call);

/* The method, the URL, the bearer token and a body in memory, all borrowed. */
void call_options_set(const struct libcurl *curl, CURL *easy,
		      const struct http_call *call);

#endif
