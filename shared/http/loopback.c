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

/* Whether an authority ("localhost:8000", "[::1]") names this machine. Any other
 * name may lead here, too, if its owner wants that (DNS rebinding). */
static bool is_own_host(const char *host)
{
	char name[INET6_ADDRSTRLEN + 1];
	bool bracket = *host == '[';
	size_t n;

	host += bracket;
	n = strcspn(host, bracket ? "]" : ":");
	if (n >= sizeof(name) || (bracket && host[n] != ']'))
		return false;
	memcpy(name, host, n);
	name[n] = '\0';
	host += n + bracket;
	if (*host == ':')
		host += 1 + strspn(host + 1, "0123456789");
	if (*host != '\0')
		return false;
	if (bracket)
		return strchr(name, ':') != NULL && is_loopback(name);
	if (n > 0 && name[n - 1] == '.')
		name[n - 1] = '\0';
	return strcasecmp(name, "localhost") == 0 || is_loopback(name);
}

bool loopback_client(const struct http_request *r)
{
	const char *address = http_request_header(r, "REMOTE_ADDR");
	const char *host = http_request_header(r, "HTTP_HOST");

	return address != NULL && is_loopback(address) && host != NULL &&
	       is_own_host(host) && !forwarded_by_proxy(r);
}

bool loopback_foreign_page(const struct http_request *r)
{
	const char *origin = http_request_header(r, "HTTP_ORIGIN");
	const char *host = origin == NULL ? NULL : strstr(origin, "//");

	return origin != NULL && (host == NULL || !is_own_host(host + 2));
}
