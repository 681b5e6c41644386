/* SPDX-License-Identifier: MIT */
#ifndef FCGI_SERVER_H
#define FCGI_SERVER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "app/app.h"
#include "fcgi/shutdown.h"
#include "app/worker_pool.h"

/*
 * The accept loop: one thread per connection, a worker of the pool for each
 * request.
 */
struct server {
	struct app *app; /* for the settings of the process */
	int signal_fd;
	int spare_fd;	 /* to be closed when there are no others; -1: it is */
	int64_t told_ms; /* clock_ms of the last line about it in the log */
	struct shutdown shutdown;
	struct worker_pool workers;
	pthread_mutex_t lock;
	int64_t connections; /* under `lock` */
};

/*
 * Blocks the signals that it will read: call it before the socket is opened,
 * so that SIGTERM ends the process in good order from the first connection on,
 * and before any thread is started. False, with errno, if the system refuses
 * what it needs.
 */
bool server_init(struct server *s, struct app_list *apps);

/*
 * Serves the listening socket until SIGTERM or SIGINT, then closes it, removes
 * `path` (unless NULL) and waits for running requests: `drain_ms`, unless
 * KIMI_DRAIN is set. False if some of them did not even end when aborted.
 */
bool server_run(struct server *s, int listen_fd, const char *path,
		int64_t drain_ms);

/* Not after server_run returned false. */
void server_fini(struct server *s);

#endif
