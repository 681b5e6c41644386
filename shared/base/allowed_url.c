/* SPDX-License-Identifier: MIT */
/* URLs that this program may send secrets to. */
#include "base/allowed_url.h"

#include <string.h>

static bool host_is_loopback(const char *host, size_t n)
{
	if (n == 9 && strncasecmp(host, "localhost", n) == 0)
		return true;
	if (n == 5 && strncmp(host, "[::1]", n) == 0)
		return true;
	if (n < 9 || n > 15 || strncmp(host, "127.", 4) != 0)
		return false;
	return strspn(host, "0123456789.") >= n;
}

bool allowed_url(const char *url)
{
	const char *host = strstr(url, "://");
	size_t n;

	if (host == NULL || strpbrk(url, "@?# \t\"<>\\") != NULL)
		return false;
	host += 3;
	n = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/");
	if (n == 0 || n > strlen(host) || strchr(":/", host[n]) == NULL)
		return false;
	if (strncmp(url, "https://", 8) == 0)
		return true;
	return strncmp(url, "http://", 7) == 0 && host_is_loopback(host, n);
}
