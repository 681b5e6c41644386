/* SPDX-License-Identifier: MIT */
/* What a request to an upstream says, and to whom. */
#include "http/call_options.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

/* Whether the call has a header line of the same name as `line`. */
static bool has_header(const struct http_call *call, const char *line)
{
	size_t n = strcspn(line, ":") + 1;

	for (size_t i = 0; call->headers != NULL && call->headers[i] != NULL;
	     i++)
		if (strncasecmp(call->headers[i], line, n) == 0)
			return true;
	return false;
}

static struct curl_slist *add(const struct libcurl *curl, struct curl_slist *h,
			      const char *name, const char *value)
{
	struct buf line;

	buf_init(&line, strlen(name) + strlen(value));
	buf_puts(&line, name);
	buf_puts(&line, value);
	h = curl->slist_append(h, buf_text(&line));
	buf_fini(&line);
	return h;
}

/* A header line of the call's own takes the place of ours. */
static struct curl_slist *add_unless(const struct libcurl *curl,
				     struct curl_slist *h,
				     const struct http_call *call,
				     const char *name, const char *value)
{
	return value == NULL || has_header(call, name) ?
		       h :
		       add(curl, h, name, value);
}

static const char *or_json(const char *type)
{
	return type == NULL ? "application/json" : type;
}

/* Not by libcurl's options for some of them: those format what they are given
 * once more, and libcurl formats slowly. */
struct curl_slist *call_options_headers(const struct libcurl *curl,
					const struct http_call *call,
					const char *user_agent)
{
	struct curl_slist *h;

	h = add(curl, NULL, "Accept: ", or_json(call->accept));
	h = curl->slist_append(h, "Expect:");
	if (call->body != NULL || call->source != NULL)
		h = add(curl, h, "Content-Type: ", or_json(call->type));
	h = add_unless(curl, h, call, "User-Agent: ", user_agent);
	h = add_unless(curl, h, call, "Authorization: Bearer ", call->bearer);
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
