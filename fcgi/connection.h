/* SPDX-License-Identifier: MIT */
#ifndef FCGI_CONNECTION_H
#define FCGI_CONNECTION_H

#include "fcgi/shutdown.h"
#include "app/worker_pool.h"

/*
 * Serves all requests of an accepted connection, then closes it, or when its
 * peer neither sends nor reads for so many seconds. With `refusal` (NULL: none)
 * the first request gets that as its answer, and there is no other.
 */
void connection_serve(int fd, struct worker_pool *workers,
		      const struct shutdown *shutdown,
		      const struct error *refusal, int silence_seconds);

#endif
