/* SPDX-License-Identifier: MIT */
/* What error texts call the other side of a call. */
#include "http/peer_name.h"

#include <stdio.h>
#include <string.h>

const char *peer_name(const struct http_call *call, const char *peer,
		      char *name, size_t size)
{
	const char *host = strstr(call->url, "://");

	if (host == NULL || call->address != NULL)
		return peer;
	host += 3;
	snprintf(name, size, "%s (%.*s)", peer, (int)strcspn(host, "/?#"),
		 host);
	return name;
}
