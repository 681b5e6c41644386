/* SPDX-License-Identifier: MIT */
#ifndef HTTP_ADDRESS_ROUTE_H
#define HTTP_ADDRESS_ROUTE_H

#include "http/libcurl.h"

/* For CURLOPT_CONNECT_TO: makes all connections lead to that numeric address.
 * NULL if that is NULL; else the caller frees it. */
struct curl_slist *address_route(const struct libcurl *curl,
				 const char *address);

#endif
