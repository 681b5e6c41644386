/* SPDX-License-Identifier: MIT */
#ifndef FCGI_SHUTDOWN_H
#define FCGI_SHUTDOWN_H

#include <stdatomic.h>
#include <stdbool.h>

/*
 * How far the end of this process has come, as its threads see it: first
 * connections close that wait for a request, and others after the one that runs
 * in them, then those that still run are aborted.
 */
struct shutdown {
	atomic_bool begun;
	int begin_fd; /* readable once it has */
	int abort_fd; /* readable once requests must end now */
};

/* False when the system has no descriptor left. */
bool shutdown_init(struct shutdown *s);
void shutdown_fini(struct shutdown *s);

void shutdown_begin(struct shutdown *s);
bool shutdown_has_begun(const struct shutdown *s);

void shutdown_abort_requests(struct shutdown *s);

#endif
