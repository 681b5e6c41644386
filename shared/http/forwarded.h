/* SPDX-License-Identifier: MIT */
#ifndef HTTP_FORWARDED_H
#define HTTP_FORWARDED_H

#include <stdbool.h>

#include "http/request.h"

/* Whether a proxy passed the request on to the web server, as far as its
 * headers show: REMOTE_ADDR is then the proxy, not the client. */
bool forwarded_by_proxy(const struct http_request *r);

#endif
