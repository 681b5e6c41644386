/* SPDX-License-Identifier: MIT */
/* The accept loop, its threads and its end. */
#include "fcgi/server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "fcgi/connection.h"
#include "fcgi/listen.h"
#include "fcgi/signals.h"

#define SILENCE_SECONDS 60
#define ACCEPT_PAUSE_MS 50
#define DRAIN_STEP_MS 20
#define ABORT_MS 3000

struct accepted {
	struct server *server;
	int fd;
};

static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

bool server_init(struct server *s, struct app_list *apps)
{
	*s = (struct server){ .signal_fd = signals_open() };
	if (s->signal_fd < 0 || !shutdown_init(&s->shutdown))
		return false;
	raise_file_limit();
	s->app = app_find(apps, NULL);
	worker_pool_init(&s->workers, apps, s->app->config.workers);
	pthread_mutex_init(&s->lock, NULL);
	return true;
}

static int64_t count_connections(struct server *s, int64_t change)
{
	int64_t n;

	pthread_mutex_lock(&s->lock);
	s->connections += change;
	n = s->connections;
	pthread_mutex_unlock(&s->lock);
	return n;
}

static void *connection_thread(void *argument)
{
	struct accepted a = *(struct accepted *)argument;

	free(argument);
	connection_serve(a.fd, &a.server->workers, &a.server->shutdown);
	count_connections(a.server, -1);
	return NULL;
}

/* A peer that neither sends nor reads is dropped in time. */
static void limit_silence(int fd)
{
	struct timeval t = { .tv_sec = SILENCE_SECONDS };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
}

static bool start_thread(struct server *s, int fd)
{
	struct accepted *a = malloc(sizeof(*a));
	pthread_t thread;

	if (a == NULL)
		abort();
	*a = (struct accepted){ s, fd };
	if (!thread_start(&thread, connection_thread, a)) {
		free(a);
		return false;
	}
	pthread_detach(thread);
	return true;
}

/* Connections beyond the workers are accepted for their 503; if there are too
 * many of those, too, they are closed. */
static void accept_one(struct server *s, int listen_fd)
{
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0) {
		/* Another process was faster, or the system is at a limit. */
		if (errno != EAGAIN && errno != ECONNABORTED)
			clock_sleep_ms(ACCEPT_PAUSE_MS);
		return;
	}
	limit_silence(fd);
	if (count_connections(s, 1) <= s->workers.max + WORKER_POOL_REFUSALS &&
	    start_thread(s, fd))
		return;
	count_connections(s, -1);
	close(fd);
}

static void accept_until_signal(struct server *s, int listen_fd)
{
	struct pollfd fds[] = {
		{ .fd = listen_fd, .events = POLLIN },
		{ .fd = s->signal_fd, .events = POLLIN },
	};

	for (;;) {
		poll(fds, 2, -1);
		if (fds[1].revents != 0 && signals_read_stop(s->signal_fd))
			return;
		if (fds[0].revents != 0)
			accept_one(s, listen_fd);
	}
}

/* For `ms` at most, or until another signal. */
static void wait_for_connections(struct server *s, int64_t ms)
{
	int64_t end = clock_ms() + ms;

	while (count_connections(s, 0) > 0 && clock_ms() < end &&
	       !signals_read_stop(s->signal_fd))
		clock_sleep_ms(DRAIN_STEP_MS);
}

/* Whether all connections have ended. */
static bool drain(struct server *s, int64_t ms)
{
	if (s->app->config.drain_ms >= 0)
		ms = s->app->config.drain_ms;
	wait_for_connections(s, ms);
	if (count_connections(s, 0) > 0) {
		shutdown_abort_requests(&s->shutdown);
		wait_for_connections(s, ABORT_MS);
	}
	return count_connections(s, 0) == 0;
}

bool server_run(struct server *s, int listen_fd, const char *path,
		int64_t drain_ms)
{
	/* Processes may share the socket: one that comes too late must not
	 * block in accept. */
	fcntl(listen_fd, F_SETFL, fcntl(listen_fd, F_GETFL) | O_NONBLOCK);
	accept_until_signal(s, listen_fd);
	shutdown_begin(&s->shutdown);
	/* In this order: once it is closed, another process may bind the path. */
	if (path != NULL)
		listen_remove(path);
	close(listen_fd);
	return drain(s, drain_ms);
}

void server_fini(struct server *s)
{
	worker_pool_fini(&s->workers);
	shutdown_fini(&s->shutdown);
	pthread_mutex_destroy(&s->lock);
	close(s->signal_fd);
}
