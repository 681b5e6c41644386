/* SPDX-License-Identifier: MIT */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "http/ca_path.h"
#include "http/call.h"
#include "http/watch.h"

struct http_reply {
	long status;
	bool unsent;		/* it failed before anything was sent */
	bool stopped;		/* on_bytes wanted no more of the body */
	int64_t retry_after_ms; /* 0: not given; at most a day */
	struct buf body;	/* up to its limit, 1 MiB unless changed */
	bool cut;		/* the body was longer */
	char type[128];		/* Content-Type; "" if there is none */
};

/* The caller ends it with buf_fini(&r->body). */
void http_reply_init(struct http_reply *r);

/* The same for all calls of a client. */
struct http_settings {
	const char *peer; /* what error texts call the other side */
	const char *user_agent;
	int64_t connect_ms;    /* until the connection is made */
	int64_t first_byte_ms; /* until the response begins; 0: silence_ms */
	int64_t silence_ms;    /* between two of its reads */
	struct ca_path ca;     /* empty: the system's */
	const char *untrusted; /* " What to do." if it is refused; or NULL */
};

struct sockaddr_storage;

/*
 * A client with its live connections; one thread at a time. `send` and
 * `resolve` are pointers so that tests can replay recorded bytes and make up
 * hosts; `tape` is theirs.
 */
struct http_client {
	bool (*send)(struct http_client *c, const struct http_call *call,
		     struct http_reply *reply, struct error *e);
	size_t (*resolve)(const char *host, struct sockaddr_storage *list,
			  size_t max);
	void *tape;
	pthread_mutex_t *loading; /* see libcurl_load; or NULL */
	const struct http_settings *settings;
	const struct http_watch *watch; /* NULL: no client is waiting */

	/* clock_ms: a call of which nothing has come by then fails, also if
	 * that is its whole time; 0: no limit. Not for calls that are never
	 * abandoned. */
	int64_t start_by_ms;
	struct http_transport *transport; /* made by the first send */
};

void http_client_init(struct http_client *c);
void http_client_fini(struct http_client *c);

/* Another client like it, for another thread: without its connections and
 * watch. */
void http_client_init_like(struct http_client *c,
			   const struct http_client *other);

/*
 * True when a complete response came, whatever its status, which `progress` may
 * have told before the transfer ended, or when `on_bytes` stopped it
 * (`reply->stopped`). False with ERROR_CLIENT_GONE or ERROR_STOPPING when the
 * watch ended it, ERROR_TIMEOUT or ERROR_UPSTREAM when the transfer failed; when
 * `on_bytes` or the source failed, `e` is theirs. TLS is always verified;
 * redirects are not followed.
 */
bool http_client_send(struct http_client *c, const struct http_call *call,
		      struct http_reply *reply, struct error *e);

/*
 * Waits up to `ms`, attending to the watch as a transfer does. False with
 * ERROR_CLIENT_GONE or ERROR_STOPPING when the watch ends it.
 */
bool http_client_wait(struct http_client *c, int64_t ms, struct error *e);

/* The same, but also until one of these is ready (gateway_wait_also). */
bool http_client_wait_also(struct http_client *c, const struct pollfd *more,
			   size_t n, int64_t ms, struct error *e);

#endif
