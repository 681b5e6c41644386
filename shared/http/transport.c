/* SPDX-License-Identifier: MIT */
/* libcurl's multi interface, with our own poll. */
#include "http/transport.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "http/gateway.h"

#define KEPT_CONNECTIONS 2L

static size_t find(const struct http_transport *t, int fd)
{
	size_t i = 0;

	while (i < t->n_sockets && t->sockets[i].fd != fd)
		i++;
	return i;
}

static short wanted(int what)
{
	switch (what) {
	case CURL_POLL_IN:
		return POLLIN;
	case CURL_POLL_OUT:
		return POLLOUT;
	default:
		return POLLIN | POLLOUT;
	}
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx,
		     void *unused)
{
	struct http_transport *t = ctx;
	size_t i = find(t, fd);

	(void)easy;
	(void)unused;
	if (what == CURL_POLL_REMOVE) {
		if (i < t->n_sockets)
			t->sockets[i] = t->sockets[--t->n_sockets];
		return 0;
	}
	if (i == HTTP_TRANSPORT_SOCKETS)
		return -1;
	if (i == t->n_sockets)
		t->n_sockets++;
	t->sockets[i] = (struct pollfd){
		.fd = fd,
		.events = wanted(what),
	};
	return 0;
}

static int on_timer(CURLM *multi, long ms, void *ctx)
{
	struct http_transport *t = ctx;

	(void)multi;
	t->due_ms = ms < 0 ? INT64_MAX : clock_ms() + ms;
	return 0;
}

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
	t->due_ms = INT64_MAX;
	t->easy = t->curl.easy_init();
	t->multi = t->curl.multi_init();
	if (t->easy == NULL || t->multi == NULL)
		abort();
	t->curl.multi_setopt(t->multi, CURLMOPT_MAXCONNECTS, KEPT_CONNECTIONS);
	t->curl.multi_setopt(t->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	t->curl.multi_setopt(t->multi, CURLMOPT_SOCKETDATA, t);
	t->curl.multi_setopt(t->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	t->curl.multi_setopt(t->multi, CURLMOPT_TIMERDATA, t);
	return t;
}

void http_transport_close(struct http_transport *t)
{
	if (t == NULL)
		return;
	t->curl.easy_cleanup(t->easy);
	t->curl.multi_cleanup(t->multi);
	free(t);
}

void http_transport_begin(struct http_transport *t)
{
	t->curl.multi_add_handle(t->multi, t->easy);
}

void http_transport_end(struct http_transport *t)
{
	t->curl.multi_remove_handle(t->multi, t->easy);
}

static int readiness(short events)
{
	int bits = 0;

	if (events & (POLLIN | POLLHUP | POLLERR))
		bits |= CURL_CSELECT_IN;
	if (events & POLLOUT)
		bits |= CURL_CSELECT_OUT;
	if (events & (POLLHUP | POLLERR | POLLNVAL))
		bits |= CURL_CSELECT_ERR;
	return bits;
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
	struct pollfd ready[HTTP_TRANSPORT_SOCKETS];
	size_t n = t->n_sockets;
	int running;

	/* libcurl changes the list meanwhile. */
	for (size_t i = 0; i < n; i++) {
		ready[i] = t->sockets[i];
		t->sockets[i].revents = 0;
	}
	for (size_t i = 0; i < n; i++)
		if (ready[i].revents != 0)
			t->curl.multi_socket_action(t->multi, ready[i].fd,
						    readiness(ready[i].revents),
						    &running);
	if (t->due_ms <= clock_ms()) {
		t->due_ms = INT64_MAX;
		t->curl.multi_socket_action(t->multi, CURL_SOCKET_TIMEOUT, 0,
					    &running);
	}
	return is_over(t, result);
}

bool http_transport_wait(struct http_transport *t, const struct pollfd *others,
			 size_t n, int64_t ms)
{
	struct pollfd all[HTTP_TRANSPORT_SOCKETS + GATEWAY_FDS];
	int64_t due_in = t->due_ms - clock_ms();
	bool able = false;

	if (due_in < ms)
		ms = due_in > 0 ? due_in : 0;
	memcpy(all, t->sockets, t->n_sockets * sizeof(*all));
	memcpy(all + t->n_sockets, others, n * sizeof(*all));
	poll(all, t->n_sockets + n, (int)ms);
	for (size_t i = 0; i < t->n_sockets; i++) {
		t->sockets[i].revents = all[i].revents;
		able |= all[i].revents != 0;
	}
	return able;
}
