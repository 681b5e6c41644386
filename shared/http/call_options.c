/* SPDX-License-Identifier: MIT */
/* What a request to an upstream says, and to whom. */
#include "http/call_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define AUTHORIZATION "Authorization: Bearer "

static bool has_header(const struct http_call *call, const char *name)
{
	for (size_t i = 0; call->headers != NULL && call->headers[i] != NULL;
	     i++)
		if (strncasecmp(call->headers[i], name, strlen(name)) == 0)
			return true;
	return false;
}

/* Not by libcurl's option for it: that formats a token, which may be long, once
 * more, and libcurl formats slowly. */
static struct curl_slist *add_bearer(const struct libcurl *curl,
				     struct curl_slist *h, const char *bearer)
{
	struct buf line;

	buf_init(&line, strlen(AUTHORIZATION) + strlen(bearer));
	buf_puts(&line, AUTHORIZATION);
	buf_puts(&line, bearer);
	h = curl->slist_append(h, buf_text(&line));
	buf_fini(&line);
	return h;
}

struct curl_slist *call_options_headers(const struct libcurl *curl,
					const struct http_call *call)
{
	char line[256];
	struct curl_slist *h;

	snprintf(line, sizeof(line), "Accept: %s",
		 call->accept == NULL ? "application/json" : call->accept);
	h = curl->slist_append(NULL, line);
	h = curl->slist_append(h, "Expect:");
	snprintf(line, sizeof(line), "Content-Type: %s",
		 call->type == NULL ? "application/json" : call->type);
	if (call->body != NULL || call->source != NULL)
		h = curl->slist_append(h, line);
	if (call->bearer != NULL && !has_header(call, "Authorization:"))
		h = add_bearer(curl, h, call->bearer);
	for (size_t i = 0; call->headers != NULL && call->headers[i] != NULL;
	     i++)
		h = curl->slist_append(h, call->headers[i]);
	if (h == NULL)
		abort();
	return h;
}

void call_options_set(const struct libcurl *curl, CURL *easy,
		      const struct http_call *call)
{
	curl->easy_setopt(easy, CURLOPT_URL, call->url);
	/*
	 * Plain http goes to loopback only; a proxy would see the credential.
	 */
	if (strncmp(call->url, "http://", 7) == 0)
		curl->easy_setopt(easy, CURLOPT_PROXY, "");
	if (call->body != NULL) {
		curl->easy_setopt(easy, CURLOPT_POST, 1L);
		curl->easy_setopt(easy, CURLOPT_POSTFIELDS, call->body);
		curl->easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
				  (curl_off_t)call->body_len);
	}
	curl->easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method);
}
