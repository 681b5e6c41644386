/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_HTTP_SERVER_H
#define SUPPORT_HTTP_SERVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

/* Reads each request to its end, sends `answer`, and stores the last request.
 * One connection at a time; stopped when the arena is reset. */
struct http_server {
	int fd, port;
	pthread_t thread;
	const char *answer;	 /* NULL: nothing, ever */
	int64_t delay_ms;	 /* before the answer */
	int drop;		 /* requests to answer by closing */
	struct buf request;	 /* the last one */
	atomic_uint connections; /* accepted */
	int stop[2];
};

/* Starts one on loopback. `says` is borrowed, or NULL. */
struct http_server *http_server_start(struct arena *a, const char *says);

const char *http_server_url(const struct http_server *s, struct arena *a);

#endif
