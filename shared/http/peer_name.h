/* SPDX-License-Identifier: MIT */
#ifndef HTTP_PEER_NAME_H
#define HTTP_PEER_NAME_H

#include <stddef.h>

#include "http/call.h"

/*
 * The other side of a call for error texts, as in "The server (host.example)",
 * in `name`; or `peer` alone: a call to an address is for a URL of a client's,
 * and what its host is to us is not theirs to know.
 */
const char *peer_name(const struct http_call *call, const char *peer,
		      char *name, size_t size);

#endif
