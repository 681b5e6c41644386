/* SPDX-License-Identifier: MIT */
/* Leads connections to one address, whatever the URL says. */
#include "http/address_route.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An empty host and port match any, so that curl connects nowhere else however
 * it reads the URL. */
struct curl_slist *address_route(const struct libcurl *curl,
				 const char *address)
{
	struct curl_slist *route;
	char line[96];

	if (address == NULL)
		return NULL;
	snprintf(line, sizeof(line),
		 strchr(address, ':') != NULL ? "::[%s]:" : "::%s:", address);
	route = curl->slist_append(NULL, line);
	if (route == NULL)
		abort();
	return route;
}
