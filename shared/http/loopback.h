/* SPDX-License-Identifier: MIT */
#ifndef HTTP_LOOPBACK_H
#define HTTP_LOOPBACK_H

#include <stdbool.h>

#include "http/request.h"

/* Whether the client is on this machine. Behind another proxy that cannot be
 * known, so the answer is no. */
bool loopback_client(const struct http_request *r);

/* Whether a browser sent the request for a page that is not from this machine:
 * such a page can reach loopback addresses through its reader's browser. */
bool loopback_foreign_page(const struct http_request *r);

#endif
