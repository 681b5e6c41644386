/* SPDX-License-Identifier: MIT */
/* One transfer at a time by libcurl's multi interface. */
#include "http/transport.h"

#include <stdlib.h>
#include <string.h>

#include "http/gateway.h"

#define KEPT_CONNECTIONS 2L

struct http_transport *http_transport_open(pthread_mutex_t *loading,
					   struct error *e)
{
	struct http_transport *t = calloc(1, sizeof(*t));

	if (t == NULL)
		abort();
	if (!libcurl_load(&t->curl, loading, e)) {
		free(t);
		return NULL;
	}
	t->easy = t->curl.easy_init();
	t->multi = t->curl.multi_init();
	t->url = t->curl.url();
	if (t->easy == NULL || t->multi == NULL || t->url == NULL)
		abort();
	t->curl.multi_setopt(t->multi, CURLMOPT_MAXCONNECTS, KEPT_CONNECTIONS);
	ca_path_of_system(&t->ca);
	return t;
}

void http_transport_close(struct http_transport *t)
{
	if (t == NULL)
		return;
	t->curl.easy_cleanup(t->easy);
	t->curl.multi_cleanup(t->multi);
	t->curl.url_cleanup(t->url);
	free(t->url_text);
	free(t);
}

static bool take_apart(struct http_transport *t, const char *url)
{
	if (t->url_text != NULL && strcmp(t->url_text, url) == 0)
		return true;
	free(t->url_text);
	t->url_text = NULL;
	if (t->curl.url_set(t->url, CURLUPART_URL, url, 0) != CURLUE_OK)
		return false;
	t->url_text = strdup(url);
	return t->url_text != NULL;
}

/* libcurl takes an URL apart for each transfer, and formats it anew, slowly. It
 * is spared both by the parts; what is no URL is its error. */
void http_transport_set_url(struct http_transport *t, const char *url)
{
	t->curl.easy_setopt(t->easy, CURLOPT_URL, url);
	if (take_apart(t, url))
		t->curl.easy_setopt(t->easy, CURLOPT_CURLU, t->url);
}

void http_transport_begin(struct http_transport *t)
{
	t->curl.multi_add_handle(t->multi, t->easy);
}

void http_transport_end(struct http_transport *t)
{
	t->curl.multi_remove_handle(t->multi, t->easy);
}

static bool is_over(struct http_transport *t, CURLcode *result)
{
	CURLMsg *message;
	bool over = false;
	int left;

	while ((message = t->curl.multi_info_read(t->multi, &left)) != NULL)
		if (message->msg == CURLMSG_DONE) {
			over = true;
			*result = message->data.result;
		}
	return over;
}

bool http_transport_work(struct http_transport *t, CURLcode *result)
{
	int running;

	t->curl.multi_perform(t->multi, &running);
	return is_over(t, result);
}

bool http_transport_wait(struct http_transport *t, const struct pollfd *others,
			 size_t n, int64_t ms)
{
	struct curl_waitfd fds[GATEWAY_FDS];
	int ready = 0;

	for (size_t i = 0; i < n; i++)
		fds[i] = (struct curl_waitfd){
			.fd = others[i].fd,
			.events = others[i].events,
		};
	t->curl.multi_poll(t->multi, fds, (unsigned)n, (int)ms, &ready);
	for (size_t i = 0; i < n; i++)
		ready -= fds[i].revents != 0;
	return ready > 0;
}

/* libcurl counts microseconds from the start; 0: it did not come so far. */
static int64_t time_of(const struct http_transport *t, CURLINFO which,
		       int64_t begun_ms)
{
	curl_off_t us = 0;

	t->curl.easy_getinfo(t->easy, which, &us);
	return us <= 0 ? 0 : begun_ms + us / 1000;
}

void http_transport_trace(const struct http_transport *t, int64_t begun_ms,
			  struct http_trace *trace)
{
	long connections = 0;

	trace->first_byte_ms =
		time_of(t, CURLINFO_STARTTRANSFER_TIME_T, begun_ms);
	t->curl.easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &connections);
	if (connections == 0)
		return;
	trace->lookup_ms = time_of(t, CURLINFO_NAMELOOKUP_TIME_T, begun_ms);
	trace->connect_ms = time_of(t, CURLINFO_CONNECT_TIME_T, begun_ms);
	trace->tls_ms = time_of(t, CURLINFO_APPCONNECT_TIME_T, begun_ms);
}
