/* SPDX-License-Identifier: MIT */
#ifndef FCGI_SERVER_H
#define FCGI_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "app/app_list.h"
#include "app/relay/chat_sweeper.h"
#include "app/worker_pool.h"
#include "fcgi/acceptors.h"
#include "fcgi/listen.h"
#include "fcgi/shutdown.h"

/*
 * A process with its threads: one per connection, a worker of the pool for each
 * request.
 */
struct server {
	struct app_list *apps;
	int signal_fd;
	struct shutdown shutdown;
	struct worker_pool workers;
	struct acceptors acceptors;
	struct chat_sweeper sweeper;
};

/*
 * Blocks the signals that it will read: call it before the socket is opened,
 * so that SIGTERM ends the process in good order from the first connection on,
 * and before any thread is started. False, with errno, if the system refuses
 * what it needs.
 */
bool server_init(struct server *s, struct app_list *apps);

/*
 * Serves the listening socket until SIGTERM or SIGINT; SIGHUP has all
 * configuration files read again. It then goes on accepting until nothing runs
 * or another process has taken its path, but not for longer than half of
 * `drain_ms` (KIMI_DRAIN, if that is set). In the other half it waits for what
 * still runs. A second signal ends all that at once. False if some requests did
 * not even end when aborted.
 */
bool server_run(struct server *s, const struct listener *l, int64_t drain_ms);

/* Not after server_run returned false. */
void server_fini(struct server *s);

#endif
