/* SPDX-License-Identifier: MIT */
/* The headers that proxies add (RFC 7239, RFC 9110 7.6.3, and older habits). */
#include "http/forwarded.h"

#include <stddef.h>

static const char *const headers[] = {
	"HTTP_FORWARDED",
	"HTTP_VIA",
	"HTTP_X_FORWARDED",
	"HTTP_X_FORWARDED_BY",
	"HTTP_X_FORWARDED_FOR",
	"HTTP_X_FORWARDED_HOST",
	"HTTP_X_FORWARDED_PORT",
	"HTTP_X_FORWARDED_PREFIX",
	"HTTP_X_FORWARDED_PROTO",
	"HTTP_X_FORWARDED_PROTOCOL",
	"HTTP_X_FORWARDED_SCHEME",
	"HTTP_X_FORWARDED_SERVER",
	"HTTP_X_FORWARDED_SSL",
	"HTTP_X_FORWARDED_URI",
	"HTTP_X_ORIGINAL_FORWARDED_FOR",
	"HTTP_X_ORIGINAL_HOST",
	"HTTP_X_ORIGINAL_URL",
	"HTTP_X_URL_SCHEME",
	"HTTP_X_REAL_IP",
	"HTTP_X_REAL_PORT",
	"HTTP_X_CLIENT_IP",
	"HTTP_X_CLUSTER_CLIENT_IP",
	"HTTP_TRUE_CLIENT_IP",
	"HTTP_CLIENT_IP",
	"HTTP_FRONT_END_HTTPS",
	"HTTP_CDN_LOOP",
	/* Cloudflare, Fastly, Fly, Azure, Google, Amazon, Akamai, Vercel,
	 * Netlify, DigitalOcean, Tailscale, Envoy */
	"HTTP_CF_CONNECTING_IP",
	"HTTP_CF_CONNECTING_IPV6",
	"HTTP_CF_RAY",
	"HTTP_CF_VISITOR",
	"HTTP_CF_IPCOUNTRY",
	"HTTP_FASTLY_CLIENT_IP",
	"HTTP_FLY_CLIENT_IP",
	"HTTP_X_AZURE_CLIENTIP",
	"HTTP_X_AZURE_SOCKETIP",
	"HTTP_X_CLOUD_TRACE_CONTEXT",
	"HTTP_X_AMZN_TRACE_ID",
	"HTTP_X_AKAMAI_EDGESCAPE",
	"HTTP_X_VERCEL_FORWARDED_FOR",
	"HTTP_X_NF_CLIENT_CONNECTION_IP",
	"HTTP_DO_CONNECTING_IP",
	"HTTP_TAILSCALE_USER_LOGIN",
	"HTTP_X_ENVOY_EXTERNAL_ADDRESS",
};

/* An empty one was added by a proxy as well. */
bool forwarded_by_proxy(const struct http_request *r)
{
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		if (r->gateway->param(r->gateway->ctx, headers[i]) != NULL)
			return true;
	return false;
}
