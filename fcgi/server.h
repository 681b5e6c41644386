/* SPDX-License-Identifier: MIT */
#ifndef FCGI_SERVER_H
#define FCGI_SERVER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "app/app.h"
#include "app/worker.h"

/*
 * The accept loop and its threads: one thread per connection, a worker
 * borrowed for each request. The free list of workers and the count of
 * connections are the only state that threads share here.
 */
struct server {
	int listen_fd;
	const char *listen_path; /* removed when it closes; NULL: not ours */
	bool draining;		 /* under `lock` */
	int signal_fd;
	int stop_fd;	  /* readable: end all requests now */
	int64_t drain_ms; /* … this long after SIGTERM */
	int64_t workers;
	struct app_list *apps;
	pthread_mutex_t lock;
	int64_t connections, serving;
	struct worker *idle;
	unsigned n_idle;
};

/*
 * Blocks the signals it reads and must be called before any thread exists.
 * False when the system refuses what it needs.
 */
bool server_init(struct server *s, int listen_fd, struct app_list *apps);

/* Serves until SIGTERM or SIGINT and the end of what runs then; false when
 * some of it would not end. */
bool server_run(struct server *s);

/* Only when nothing runs any more. */
void server_fini(struct server *s);

/* Whether the end was asked for: no connection is kept then. */
bool server_is_draining(struct server *s);

/* A worker for one request; NULL when all that may run do. */
struct worker *server_take_worker(struct server *s);
void server_give_worker(struct server *s, struct worker *w);

#endif
