/* SPDX-License-Identifier: MIT */
/*
 * The HTTP client: a transfer is driven so that a single wait covers the
 * upstream, the client's connection and the next keep-alive.
 */
#include "http/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/descriptors.h"
#include "http/address_route.h"
#include "http/call_options.h"
#include "http/resolve.h"
#include "http/transport.h"

/* As large as a TLS record, and enough for a burst of events. A slow stream, whose
 * events are small, never touches more than its first page. */
#define RECEIVE_BUFFER 16384L
#define MAX_RETRY_AFTER (24 * 3600) /* seconds */
#define MAX_BODY (1024 * 1024)
#define MAX_WAIT_MS 60000
#define LEARN_MS 10000

/* How long a transfer may take after the reply is usable, and after it is
 * whole: the client waits for its end meanwhile. */
#define USABLE_MS 5000
#define WHOLE_MS 200

struct transfer {
	const struct http_client *client;
	const struct http_call *call;
	struct http_reply *reply;
	struct error *error;
	CURL *easy;
	CURLcode result;
	int64_t begun_ms, last_byte_ms;
	enum http_progress progress;
	int64_t progress_ms; /* clock_ms: since when it is that far */
	int64_t sent;	     /* bytes of the source, so far */
	bool received;	     /* bytes, in this turn of the loop */
	bool uploaded;	     /* likewise */
	bool look;	     /* at the client: the wait ended because of it */
	bool responding;     /* the response has begun */
	bool failed; /* on_bytes or the source did, and filled the error */
};

void http_client_init(struct http_client *c)
{
	*c = (struct http_client){ .send = http_client_send,
				   .resolve = resolve_host };
}

void http_client_init_like(struct http_client *c,
			   const struct http_client *other)
{
	*c = *other;
	c->watch = NULL;
	c->start_by_ms = 0;
	c->transport = NULL;
}

void http_client_fini(struct http_client *c)
{
	http_transport_close(c->transport);
	c->transport = NULL;
}

void http_reply_init(struct http_reply *r)
{
	*r = (struct http_reply){ 0 };
	buf_init(&r->body, MAX_BODY);
}

static void note_progress(struct transfer *t)
{
	enum http_progress now = t->call->progress == NULL ?
					 HTTP_NOTHING_YET :
					 t->call->progress(t->call->ctx);

	if (now != t->progress)
		t->progress_ms = clock_ms();
	t->progress = now;
}

static size_t on_write(char *p, size_t size, size_t n, void *ctx)
{
	struct transfer *t = ctx;
	const struct libcurl *curl = &t->client->transport->curl;
	enum flow flow;

	n *= size;
	t->received = true;
	if (t->reply->status == 0)
		curl->easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE,
				   &t->reply->status);
	if (t->call->on_bytes == NULL || t->reply->status / 100 != 2) {
		if (!buf_append(&t->reply->body, p, n))
			t->reply->cut = true;
		return n;
	}
	flow = t->call->on_bytes(t->call->ctx, p, n);
	note_progress(t);
	t->reply->stopped |= flow == FLOW_STOP;
	t->failed |= flow == FLOW_FAILED;
	return flow == FLOW_CONTINUE ? n : CURL_WRITEFUNC_ERROR;
}

static size_t on_header(char *p, size_t size, size_t n, void *ctx)
{
	struct transfer *t = ctx;

	(void)p;
	t->received = t->responding = true;
	return n * size;
}

static size_t on_read(char *p, size_t size, size_t n, void *ctx)
{
	struct transfer *t = ctx;
	const struct http_source *source = t->call->source;
	int64_t left = source->size - t->sent;

	n *= size;
	if ((int64_t)n > left)
		n = (size_t)left;
	if (!source->read(source, t->sent, p, n, t->error)) {
		t->failed = true;
		return CURL_READFUNC_ABORT;
	}
	t->sent += (int64_t)n;
	t->uploaded = true;
	return n;
}

/* curl starts over on a new connection when a reused one turns out dead. */
static int on_seek(void *ctx, curl_off_t offset, int origin)
{
	struct transfer *t = ctx;

	if (origin != SEEK_SET)
		return CURL_SEEKFUNC_CANTSEEK;
	t->sent = offset;
	return CURL_SEEKFUNC_OK;
}

static void set_source(const struct libcurl *curl, struct transfer *t)
{
	if (t->call->source == NULL)
		return;
	curl->easy_setopt(t->easy, CURLOPT_UPLOAD, 1L);
	curl->easy_setopt(t->easy, CURLOPT_INFILESIZE_LARGE,
			  (curl_off_t)t->call->source->size);
	curl->easy_setopt(t->easy, CURLOPT_READFUNCTION, on_read);
	curl->easy_setopt(t->easy, CURLOPT_READDATA, t);
	curl->easy_setopt(t->easy, CURLOPT_SEEKFUNCTION, on_seek);
	curl->easy_setopt(t->easy, CURLOPT_SEEKDATA, t);
}

static void set_route(const struct libcurl *curl, CURL *easy,
		      struct curl_slist *route)
{
	if (route == NULL)
		return;
	curl->easy_setopt(easy, CURLOPT_CONNECT_TO, route);
	curl->easy_setopt(easy, CURLOPT_PROXY, "");
	curl->easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
	curl->easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	curl->easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
}

static bool is_empty(const struct ca_path *ca)
{
	return ca->directory == NULL && ca->file == NULL;
}

static void set_ca(const struct transfer *t)
{
	const struct http_transport *x = t->client->transport;
	const struct ca_path *ca = &t->client->settings->ca;

	if (is_empty(ca))
		ca = &x->ca;
	if (is_empty(ca))
		return;
	x->curl.easy_setopt(t->easy, CURLOPT_CAINFO, ca->file);
	x->curl.easy_setopt(t->easy, CURLOPT_CAPATH, ca->directory);
}

static void set_options(struct transfer *t, struct curl_slist *headers,
			struct curl_slist *route)
{
	const struct libcurl *curl = &t->client->transport->curl;
	const struct http_settings *settings = t->client->settings;
	CURL *easy = t->easy;

	curl->easy_reset(easy);
	curl->easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl->easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl->easy_setopt(easy, CURLOPT_BUFFERSIZE, RECEIVE_BUFFER);
	curl->easy_setopt(easy, CURLOPT_FRESH_CONNECT, t->call->once ? 1L : 0L);
	curl->easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
			  (long)settings->connect_ms);
	curl->easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	curl->easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_write);
	curl->easy_setopt(easy, CURLOPT_WRITEDATA, t);
	curl->easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl->easy_setopt(easy, CURLOPT_HEADERDATA, t);
	set_ca(t);
	http_transport_set_url(t->client->transport, t->call->url);
	call_options_set(curl, easy, t->call);
	set_source(curl, t);
	set_route(curl, easy, route);
}

static int64_t start_in(const struct transfer *t, int64_t now)
{
	int64_t start_by = t->client->start_by_ms;

	if (start_by == 0 || t->progress != HTTP_NOTHING_YET ||
	    t->call->abandon == HTTP_ABANDON_NEVER)
		return INT64_MAX;
	return start_by - now;
}

/* How much longer the transfer may take, by the progress of the reply. */
static int64_t end_in(const struct transfer *t, int64_t now)
{
	switch (t->progress) {
	case HTTP_NOTHING_YET:
		return start_in(t, now);
	case HTTP_UNDER_WAY:
		return INT64_MAX;
	case HTTP_USABLE:
		return t->progress_ms + USABLE_MS - now;
	case HTTP_WHOLE:
		return t->progress_ms + WHOLE_MS - now;
	}
	return INT64_MAX;
}

/* It does not matter any more how the transfer ends. */
static bool is_usable(const struct transfer *t)
{
	return t->progress >= HTTP_USABLE;
}

static bool check_time(struct transfer *t, int64_t *wait_ms)
{
	const struct http_settings *settings = t->client->settings;
	int64_t now = clock_ms(), silence = settings->silence_ms;
	int64_t limit = t->call->max_ms;

	if (!t->responding && settings->first_byte_ms > 0)
		silence = settings->first_byte_ms;
	if (t->received || t->uploaded)
		t->last_byte_ms = now;
	*wait_ms = t->last_byte_ms + silence - now;
	if (limit > 0 && t->begun_ms + limit - now < *wait_ms)
		*wait_ms = t->begun_ms + limit - now;
	if (end_in(t, now) < *wait_ms)
		*wait_ms = end_in(t, now);
	if (*wait_ms > 0)
		return true;
	if (start_in(t, now) <= 0)
		return error_set(t->error, ERROR_TIMEOUT,
				 "%s did not begin its reply in time.",
				 settings->peer);
	return error_set(t->error, ERROR_TIMEOUT,
			 "%s did not answer within %d seconds.", settings->peer,
			 (int)((limit > 0 ? limit : silence) / 1000));
}

/* Whether the transfer continues even if the client leaves; to be asked again
 * within `*ms`. */
static bool must_go_on(const struct transfer *t, int64_t *ms)
{
	const struct http_call *c = t->call;

	*ms = INT64_MAX;
	switch (c->abandon) {
	case HTTP_ABANDON_AT_ONCE:
		return false;
	case HTTP_ABANDON_ONCE_LEARNED:
		*ms = t->begun_ms + LEARN_MS - clock_ms();
		return *ms > 0 && !c->learned(c->ctx);
	case HTTP_ABANDON_NEVER:
		return true;
	}
	return false;
}

/* What is done between two polls. False with a filled error ends the call. */
static bool attend(struct transfer *t, int64_t *wait_ms)
{
	const struct http_watch *w = t->client->watch;
	struct error ignored;
	int64_t left_ms;

	if (!check_time(t, wait_ms))
		return false;
	if (w == NULL)
		return true;
	if (t->received)
		w->settled(w->ctx);
	if (must_go_on(t, &left_ms)) {
		if (left_ms < *wait_ms)
			*wait_ms = left_ms;
		http_watch_attend(w, false, wait_ms, &ignored);
		return true;
	}
	return http_watch_attend(w, t->look, wait_ms, t->error);
}

static void wait_for_more(struct transfer *t, int64_t wait_ms)
{
	int64_t ignored;
	const struct http_watch *w = must_go_on(t, &ignored) ? NULL :
							       t->client->watch;
	struct pollfd fds[GATEWAY_FDS];
	size_t n = 0;

	for (int i = 0; w != NULL && i < GATEWAY_FDS; i++)
		if (w->gateway->watch[i].fd >= 0)
			fds[n++] = (struct pollfd){
				.fd = w->gateway->watch[i].fd,
				.events = w->gateway->watch[i].events,
			};
	if (wait_ms > MAX_WAIT_MS)
		wait_ms = MAX_WAIT_MS;
	t->look = !http_transport_wait(t->client->transport, fds, n, wait_ms);
}

/* False when the watch or the time ended the transfer before the reply was
 * usable, with the error filled. */
static bool drive(struct transfer *t)
{
	const struct http_watch *w = t->client->watch;
	int64_t wait_ms;

	t->begun_ms = t->last_byte_ms = clock_ms();
	for (;;) {
		t->received = t->uploaded = false;
		if (http_transport_work(t->client->transport, &t->result)) {
			if (t->received && w != NULL)
				w->settled(w->ctx);
			return true;
		}
		if (!attend(t, &wait_ms))
			return is_usable(t);
		wait_for_more(t, wait_ms);
	}
}

static void read_head(struct transfer *t)
{
	const struct libcurl *curl = &t->client->transport->curl;
	const char *type = NULL, *redirect = NULL;
	curl_off_t retry_after = 0;

	curl->easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &t->reply->status);
	curl->easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &retry_after);
	if (retry_after > MAX_RETRY_AFTER)
		retry_after = MAX_RETRY_AFTER;
	t->reply->retry_after_ms = (int64_t)retry_after * 1000;
	curl->easy_getinfo(t->easy, CURLINFO_CONTENT_TYPE, &type);
	snprintf(t->reply->type, sizeof(t->reply->type), "%s",
		 type == NULL ? "" : type);
	curl->easy_getinfo(t->easy, CURLINFO_REDIRECT_URL, &redirect);
	if (t->call->redirect != NULL && redirect != NULL)
		buf_puts(t->call->redirect, redirect);
}

/* Failures that certainly came before the request was sent. The only time limit
 * we give libcurl is the one for connecting. */
static bool is_unsent(CURLcode result)
{
	return result == CURLE_OPERATION_TIMEDOUT ||
	       result == CURLE_COULDNT_RESOLVE_PROXY ||
	       result == CURLE_COULDNT_RESOLVE_HOST ||
	       result == CURLE_COULDNT_CONNECT ||
	       result == CURLE_SSL_CONNECT_ERROR ||
	       result == CURLE_PEER_FAILED_VERIFICATION;
}

/* What libcurl's texts do not say. */
static const char *advice(const struct transfer *t)
{
	const char *text = t->client->settings->untrusted;

	return text != NULL && (t->result == CURLE_PEER_FAILED_VERIFICATION ||
				t->result == CURLE_SSL_CACERT_BADFILE) ?
		       text :
		       "";
}

static bool finish(struct transfer *t)
{
	const struct libcurl *curl = &t->client->transport->curl;
	const char *peer = t->client->settings->peer;

	if (t->failed)
		return false;
	if (is_usable(t))
		t->result = CURLE_OK;
	t->reply->unsent = is_unsent(t->result);
	if (t->result == CURLE_OPERATION_TIMEDOUT)
		return error_set(t->error, ERROR_TIMEOUT,
				 "%s could not be reached in time.", peer);
	if (t->reply->unsent && descriptors_exhausted())
		return descriptors_error(t->error);
	if (t->result != CURLE_OK && !t->reply->stopped)
		return error_set(t->error, ERROR_UPSTREAM,
				 t->reply->status == 0 ?
					 "%s could not be reached: %s.%s" :
					 "The connection to %s was lost: %s.%s",
				 peer, curl->easy_strerror(t->result),
				 advice(t));
	read_head(t);
	return true;
}

static void note_trace(const struct transfer *t)
{
	struct http_trace *trace = t->call->trace;

	if (trace == NULL)
		return;
	*trace = (struct http_trace){ .status = t->reply->status };
	http_transport_trace(t->client->transport, t->begun_ms, trace);
}

bool http_client_wait(struct http_client *c, int64_t ms, struct error *e)
{
	return http_client_wait_also(c, NULL, 0, ms, e);
}

bool http_client_wait_also(struct http_client *c, const struct pollfd *more,
			   size_t n, int64_t ms, struct error *e)
{
	const struct http_watch *w = c->watch;
	int64_t wait_ms = ms;
	struct error ignored; /* the next call reports it */

	if (w == NULL) {
		clock_sleep_ms(ms);
		return true;
	}
	if (!http_watch_attend(w, true, &wait_ms, e))
		return false;
	gateway_wait_also(w->gateway, more, n, (int)wait_ms, &ignored);
	return true;
}

bool http_client_send(struct http_client *c, const struct http_call *call,
		      struct http_reply *reply, struct error *e)
{
	struct transfer t = {
		.client = c, .call = call, .reply = reply, .error = e
	};
	struct http_transport *x = c->transport;
	struct curl_slist *headers, *route;
	bool whole;

	if (x == NULL)
		x = c->transport = http_transport_open(c->loading, e);
	if (x == NULL)
		return false;
	t.easy = x->easy;
	headers = call_options_headers(&x->curl, call, c->settings->user_agent);
	route = address_route(&x->curl, call->address);
	set_options(&t, headers, route);
	http_transport_begin(x);
	whole = drive(&t);
	if (whole)
		whole = finish(&t);
	note_trace(&t);
	http_transport_end(x);
	x->curl.slist_free_all(headers);
	x->curl.slist_free_all(route);
	return whole;
}
