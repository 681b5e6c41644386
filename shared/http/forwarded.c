/* SPDX-License-Identifier: MIT */
/* The headers that proxies add (RFC 7239, RFC 9110 7.6.3, and older habits). */
#include "http/forwarded.h"

#include <stddef.h>
#include <string.h>

#define PREFIX "HTTP_" /* of the variables that are headers */

static const char *const headers[] = {
	"FORWARDED",
	"VIA",
	"X_FORWARDED",
	"X_FORWARDED_BY",
	"X_FORWARDED_FOR",
	"X_FORWARDED_HOST",
	"X_FORWARDED_PORT",
	"X_FORWARDED_PREFIX",
	"X_FORWARDED_PROTO",
	"X_FORWARDED_PROTOCOL",
	"X_FORWARDED_SCHEME",
	"X_FORWARDED_SERVER",
	"X_FORWARDED_SSL",
	"X_FORWARDED_URI",
	"X_ORIGINAL_FORWARDED_FOR",
	"X_ORIGINAL_HOST",
	"X_ORIGINAL_URL",
	"X_URL_SCHEME",
	"X_REAL_IP",
	"X_REAL_PORT",
	"X_CLIENT_IP",
	"X_CLUSTER_CLIENT_IP",
	"TRUE_CLIENT_IP",
	"CLIENT_IP",
	"FRONT_END_HTTPS",
	"CDN_LOOP",
	/* Cloudflare, Fastly, Fly, Azure, Google, Amazon, Akamai, Vercel,
	 * Netlify, DigitalOcean, Tailscale, Envoy */
	"CF_CONNECTING_IP",
	"CF_CONNECTING_IPV6",
	"CF_RAY",
	"CF_VISITOR",
	"CF_IPCOUNTRY",
	"FASTLY_CLIENT_IP",
	"FLY_CLIENT_IP",
	"X_AZURE_CLIENTIP",
	"X_AZURE_SOCKETIP",
	"X_CLOUD_TRACE_CONTEXT",
	"X_AMZN_TRACE_ID",
	"X_AKAMAI_EDGESCAPE",
	"X_VERCEL_FORWARDED_FOR",
	"X_NF_CLIENT_CONNECTION_IP",
	"DO_CONNECTING_IP",
	"TAILSCALE_USER_LOGIN",
	"X_ENVOY_EXTERNAL_ADDRESS",
};

/* An empty one was added by a proxy as well. */
static bool is_of_proxy(const char *param)
{
	const char *name = param + strlen(PREFIX);
	size_t n;

	if (strncmp(param, PREFIX, strlen(PREFIX)) != 0)
		return false;
	n = strcspn(name, "=");
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		if (*headers[i] == *name && strncmp(headers[i], name, n) == 0 &&
		    headers[i][n] == '\0')
			return true;
	return false;
}

bool forwarded_by_proxy(const struct http_request *r)
{
	return r->gateway->any_param(r->gateway->ctx, is_of_proxy);
}
