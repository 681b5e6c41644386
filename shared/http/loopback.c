/* SPDX-License-Identifier: MIT */
/* Who is on this machine, by address and by origin. */
#include "http/loopback.h"

#include <arpa/inet.h>
#include <string.h>

#include "http/forwarded.h"

static bool is_loopback(const char *address)
{
	struct in6_addr v6;
	struct in_addr v4;

	if (inet_pton(AF_INET, address, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	if (inet_pton(AF_INET6, address, &v6) != 1)
		return false;
	if (IN6_IS_ADDR_V4MAPPED(&v6))
		return v6.s6_addr[12] == 127;
	return IN6_IS_ADDR_LOOPBACK(&v6);
}

bool loopback_client(const struct http_request *r)
{
	const char *address = http_request_header(r, "REMOTE_ADDR");

	return address != NULL && is_loopback(address) &&
	       !forwarded_by_proxy(r);
}

static bool is_own_host(const char *host)
{
	static const char *const own[] = {
		"//localhost",
		"//127.0.0.1",
		"//[::1]",
	};

	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++) {
		size_t n = strlen(own[i]);

		if (strncmp(host, own[i], n) == 0 &&
		    (host[n] == '\0' || host[n] == ':'))
			return true;
	}
	return false;
}

bool loopback_foreign_page(const struct http_request *r)
{
	const char *origin = http_request_header(r, "HTTP_ORIGIN");
	const char *host = origin == NULL ? NULL : strstr(origin, "//");

	return origin != NULL && (host == NULL || !is_own_host(host));
}
