/* SPDX-License-Identifier: MIT */
/* Resolves hosts with getaddrinfo(3). */
#include "http/resolve.h"

#include <netdb.h>
#include <string.h>

size_t resolve_host(const char *host, struct sockaddr_storage *list, size_t max)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC,
				  .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_ADDRCONFIG };
	struct addrinfo *found = NULL;
	size_t n = 0;

	if (getaddrinfo(host, NULL, &hints, &found) != 0)
		return 0;
	for (const struct addrinfo *i = found; i != NULL && n < max;
	     i = i->ai_next)
		if (i->ai_addrlen <= sizeof(list[n]))
			memcpy(&list[n++], i->ai_addr, i->ai_addrlen);
	freeaddrinfo(found);
	return n;
}
