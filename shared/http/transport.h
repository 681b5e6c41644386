/* SPDX-License-Identifier: MIT */
#ifndef HTTP_TRANSPORT_H
#define HTTP_TRANSPORT_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/ca_path.h"
#include "http/call.h"
#include "http/libcurl.h"

/*
 * libcurl's handle for one transfer at a time, with the connections that it
 * keeps. Its socket interface would save a poll for each read, but has a table
 * of 29 KiB in each handle.
 */
struct http_transport {
	struct libcurl curl;
	CURL *easy;
	CURLM *multi;
	CURLU *url; /* of the last transfer, taken apart */
	char *url_text;
	struct ca_path ca; /* the system's: a directory takes long to look at */
};

/* NULL with ERROR_SETUP if libcurl is missing. For `loading` see libcurl_load. */
struct http_transport *http_transport_open(pthread_mutex_t *loading,
					   struct error *e);
void http_transport_close(struct http_transport *t); /* NULL: nothing */

/* Where the next transfer goes: it is copied. */
void http_transport_set_url(struct http_transport *t, const char *url);

/* The transfer that the options of `easy` describe. */
void http_transport_begin(struct http_transport *t);
void http_transport_end(struct http_transport *t);

/* Lets libcurl do what it can without waiting. True once the transfer has ended,
 * as `*result` says. */
bool http_transport_work(struct http_transport *t, CURLcode *result);

/*
 * Waits up to `ms` until libcurl can work, or one of `n` others is ready, at
 * most GATEWAY_FDS. False if libcurl cannot.
 */
bool http_transport_wait(struct http_transport *t, const struct pollfd *others,
			 size_t n, int64_t ms);

/* After the transfer, which began at `begun_ms` (clock_ms): all but the
 * status. */
void http_transport_trace(const struct http_transport *t, int64_t begun_ms,
			  struct http_trace *trace);

#endif
