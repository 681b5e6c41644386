/* SPDX-License-Identifier: MIT */
#ifndef HTTP_LOOPBACK_H
#define HTTP_LOOPBACK_H

#include <stdbool.h>

#include "http/request.h"

/*
 * Whether the client is on this machine and means it: the address is a loopback
 * address, and so is the Host that it asked for, or it is "localhost". A page of
 * a name that leads here has another Host. Behind another proxy none of this
 * can be known, so the answer is no.
 */
bool loopback_client(const struct http_request *r);

/* Whether a browser sent the request for a page that is not from this machine:
 * such a page can reach loopback addresses through its reader's browser. */
bool loopback_foreign_page(const struct http_request *r);

#endif
