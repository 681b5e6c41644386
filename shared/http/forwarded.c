/* SPDX-License-Identifier: MIT */
/* The headers that proxies add (RFC 7239, RFC 9110 7.6.3, and older habits). */
#include "http/forwarded.h"

#include <stddef.h>

bool forwarded_by_proxy(const struct http_request *r)
{
	static const char *const headers[] = {
		"HTTP_X_FORWARDED_FOR",
		"HTTP_FORWARDED",
		"HTTP_X_REAL_IP",
		"HTTP_VIA",
	};

	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		if (http_request_header(r, headers[i]) != NULL)
			return true;
	return false;
}
