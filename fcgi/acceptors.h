/* SPDX-License-Identifier: MIT */
#ifndef FCGI_ACCEPTORS_H
#define FCGI_ACCEPTORS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "app/worker_pool.h"
#include "fcgi/shutdown.h"

/*
 * The threads that accept connections, each of which serves what it accepted
 * and then waits for the next one. At least one waits at any time; those that
 * wait in vain end.
 */
struct acceptors {
	struct worker_pool *workers;
	const struct shutdown *shutdown;
	int listen_fd;
	int epoll_fd; /* tells one of those that wait of a connection */
	int stop_fd;  /* readable, for epoll_fd, once they shall end */
	int spare_fd; /* to be closed when there are no others; -1: it is */
	struct error no_descriptors, no_threads; /* why it refuses */
	pthread_mutex_t lock;			 /* for what follows */
	int64_t told_ms; /* clock_ms of the last line about that in the log */
	bool stopped;
	int64_t threads;
	int64_t waiting; /* of them */
	int64_t most;	 /* of them, since memory was given back */
};

/* Everything is borrowed. False, with errno, if the system refuses what it
 * needs. */
bool acceptors_init(struct acceptors *a, struct worker_pool *workers,
		    const struct shutdown *shutdown);

/* Not before acceptors_stop, and not while there are threads. */
void acceptors_fini(struct acceptors *a);

/* Starts to accept from that socket, which must not block. False if not even one
 * thread can be started, which the log says: try again. */
bool acceptors_start(struct acceptors *a, int listen_fd);

/* No more connections are accepted once it returns; those that there are end by
 * themselves. */
void acceptors_stop(struct acceptors *a);

/* Connections that are being served. */
int64_t acceptors_busy(struct acceptors *a);

/* Threads that there still are: after acceptors_stop, those that serve. */
int64_t acceptors_threads(struct acceptors *a);

#endif
