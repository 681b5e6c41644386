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

#include "base/allocator.h"
#include "base/clock.h"
#include "base/descriptors.h"
#include "base/thread.h"
#include "fcgi/connection.h"
#include "fcgi/signals.h"

#define SILENCE_SECONDS 60
#define CROWD 16
#define LOOK_MS 1000
#define ACCEPT_PAUSE_MS 50
#define DRAIN_STEP_MS 20
#define ABORT_MS 3000

#define THREADS_EXHAUSTED                                                      \
	"Too many threads are running: raise the limit of processes of this "  \
	"user (ulimit -u)."
#define THREADS_RETRY_MS 1000

/* The log has at most one line in this time about a limit of the system. */
#define TELL_MS 60000

struct accepted {
	struct server *server;
	int fd;
	bool refuse; /* it got the spare descriptor */
};

static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void keep_spare(struct server *s)
{
	if (s->spare_fd < 0)
		s->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void log_start(const struct app *app)
{
	if (app->broken)
		log_line(&app->log, LOG_ERROR, NULL, "start",
			 "Every request gets 503 because of the configuration "
			 "file: %s.",
			 app->path == NULL ? "none" : app->path);
	else
		log_line(&app->log, LOG_INFO, NULL, "start",
			 "Configuration file: %s. Database: %s.",
			 app->path == NULL ? "none" : app->path,
			 app->config.db_path);
}

bool server_init(struct server *s, struct app_list *apps)
{
	*s = (struct server){ .signal_fd = signals_open(), .spare_fd = -1 };
	if (s->signal_fd < 0 || !shutdown_init(&s->shutdown))
		return false;
	raise_file_limit();
	keep_spare(s);
	s->apps = apps;
	s->app = app_find(apps, NULL);
	log_start(s->app);
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
	if (n > s->most)
		s->most = n;
	pthread_mutex_unlock(&s->lock);
	return n;
}

static void end_connection(struct server *s)
{
	bool crowd;

	pthread_mutex_lock(&s->lock);
	s->connections--;
	crowd = s->most > CROWD;
	pthread_mutex_unlock(&s->lock);
	if (crowd)
		thread_give_back_stack();
}

static void *connection_thread(void *argument)
{
	struct accepted a = *(struct accepted *)argument;
	struct error e;

	free(argument);
	if (a.refuse)
		descriptors_error(&e);
	connection_serve(a.fd, &a.server->workers, &a.server->shutdown,
			 a.refuse ? &e : NULL);
	end_connection(a.server);
	return NULL;
}

/* A peer that neither sends nor reads is dropped in time. */
static void limit_silence(int fd, int seconds)
{
	struct timeval t = { .tv_sec = seconds };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
}

static bool start_thread(struct server *s, int fd, bool refuse)
{
	struct accepted *a = malloc(sizeof(*a));
	pthread_t thread;

	if (a == NULL)
		abort();
	*a = (struct accepted){ s, fd, refuse };
	if (!thread_start(&thread, connection_thread, a)) {
		free(a);
		return false;
	}
	pthread_detach(thread);
	return true;
}

static void tell(struct server *s, const char *what)
{
	int64_t now = clock_ms();

	if (s->told_ms != 0 && now < s->told_ms + TELL_MS)
		return;
	s->told_ms = now;
	log_line(&s->app->log, LOG_ERROR, NULL, "limit", "%s", what);
}

/* In this thread, so not for long. */
static void refuse_here(struct server *s, int fd)
{
	struct error e;

	tell(s, THREADS_EXHAUSTED);
	error_set(&e, ERROR_FULL, "%s", THREADS_EXHAUSTED);
	e.retry_after_ms = THREADS_RETRY_MS;
	limit_silence(fd, 1);
	connection_serve(fd, &s->workers, &s->shutdown, &e);
}

/* Connections beyond the workers are accepted for their 503; if there are too
 * many of those, too, they are closed. */
static void serve_connection(struct server *s, int fd, bool refuse)
{
	limit_silence(fd, SILENCE_SECONDS);
	if (count_connections(s, 1) > s->workers.max + WORKER_POOL_REFUSALS)
		close(fd);
	else if (start_thread(s, fd, refuse))
		return;
	else
		refuse_here(s, fd);
	count_connections(s, -1);
}

/* The spare descriptor is for a connection that gets a 503: without one, clients
 * would wait for the end of their patience. */
static void refuse_one(struct server *s, int listen_fd)
{
	int fd;

	tell(s, DESCRIPTORS_EXHAUSTED);
	if (s->spare_fd < 0) {
		clock_sleep_ms(ACCEPT_PAUSE_MS);
		return;
	}
	close(s->spare_fd);
	s->spare_fd = -1;
	fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		serve_connection(s, fd, true);
}

static void accept_one(struct server *s, int listen_fd)
{
	int fd;

	keep_spare(s);
	fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		serve_connection(s, fd, false);
	else if (errno == EMFILE || errno == ENFILE)
		refuse_one(s, listen_fd);
	else if (errno != EAGAIN && errno != ECONNABORTED)
		clock_sleep_ms(ACCEPT_PAUSE_MS);
}

/* The memory of a crowd is given back once most of it has gone. Milliseconds
 * until it is time to look again; -1: there is no crowd. */
static int look_after_crowd(struct server *s)
{
	int64_t now = clock_ms();
	bool crowd, gone;

	pthread_mutex_lock(&s->lock);
	crowd = s->most > CROWD;
	gone = crowd && now >= s->look_ms && s->connections <= s->most / 8;
	if (gone)
		s->most = s->connections;
	pthread_mutex_unlock(&s->lock);
	if (gone)
		allocator_trim();
	if (now >= s->look_ms)
		s->look_ms = now + LOOK_MS;
	return crowd ? (int)(s->look_ms - now) : -1;
}

static void reload(struct server *s)
{
	struct app *old = s->app;

	app_list_reload(s->apps);
	s->app = app_find(s->apps, NULL);
	app_release(s->apps, old);
	worker_pool_resize(&s->workers, s->app->config.workers);
}

/* Serves what comes within `ms` (-1: whenever it comes). False once this process
 * is told to end. */
static bool serve_next(struct server *s, int listen_fd, int ms)
{
	struct pollfd fds[] = {
		{ .fd = listen_fd, .events = POLLIN },
		{ .fd = s->signal_fd, .events = POLLIN },
	};
	enum signals_wish wish;

	if (poll(fds, 2, ms) <= 0)
		return true;
	wish = fds[1].revents == 0 ? SIGNALS_NOTHING :
				     signals_read(s->signal_fd);
	if (wish == SIGNALS_RELOAD)
		reload(s);
	if (fds[0].revents != 0)
		accept_one(s, listen_fd);
	return wish != SIGNALS_STOP;
}

static bool has_waiting(int listen_fd)
{
	struct pollfd fd = { .fd = listen_fd, .events = POLLIN };

	return poll(&fd, 1, 0) > 0;
}

/* Whoever comes while requests still run need not wait for the next process.
 * False once there was another signal. */
static bool accept_while_busy(struct server *s, const struct listener *l,
			      int64_t ms)
{
	int64_t end = clock_ms() + ms;

	while (clock_ms() < end && !listen_is_replaced(l) &&
	       (count_connections(s, 0) > 0 || has_waiting(l->fd)))
		if (!serve_next(s, l->fd, DRAIN_STEP_MS))
			return false;
	return true;
}

/* Those who came before the socket had to be closed; if systemd keeps it open,
 * they are for the next process. */
static void accept_the_last(struct server *s, const struct listener *l)
{
	if (l->origin == LISTEN_SYSTEMD)
		return;
	for (int i = 0; i < LISTEN_BACKLOG && has_waiting(l->fd); i++)
		accept_one(s, l->fd);
}

/* For `ms` at most, or until another signal. */
static void wait_for_connections(struct server *s, int64_t ms)
{
	int64_t end = clock_ms() + ms;

	while (count_connections(s, 0) > 0 && clock_ms() < end &&
	       signals_read(s->signal_fd) != SIGNALS_STOP)
		clock_sleep_ms(DRAIN_STEP_MS);
}

/* Whether all connections have ended, by themselves or when aborted. */
static bool drain(struct server *s, int64_t ms)
{
	wait_for_connections(s, ms);
	if (count_connections(s, 0) > 0) {
		shutdown_abort_requests(&s->shutdown);
		memory_close(&s->apps->memory);
		wait_for_connections(s, ABORT_MS);
	}
	return count_connections(s, 0) == 0;
}

bool server_run(struct server *s, const struct listener *l, int64_t drain_ms)
{
	int64_t end;
	bool ended;

	/* Processes may share the socket: one that comes too late must not
	 * block in accept. */
	fcntl(l->fd, F_SETFL, fcntl(l->fd, F_GETFL) | O_NONBLOCK);
	while (serve_next(s, l->fd, look_after_crowd(s)))
		;
	if (s->app->config.drain_ms >= 0)
		drain_ms = s->app->config.drain_ms;
	end = clock_ms() + drain_ms;
	log_line(&s->app->log, LOG_INFO, NULL, "stop", "Ends within %d s.",
		 (int)((drain_ms + ABORT_MS) / 1000));
	shutdown_begin(&s->shutdown);
	listen_leave(l);
	if (!accept_while_busy(s, l, drain_ms / 2))
		end = clock_ms();
	listen_remove(l);
	accept_the_last(s, l);
	close(l->fd);
	ended = drain(s, end - clock_ms());
	log_line(&s->app->log, LOG_INFO, NULL, "stop", "%s",
		 ended ? "Ended." : "Ended, with requests that still ran.");
	return ended;
}

void server_fini(struct server *s)
{
	app_release(s->apps, s->app);
	worker_pool_fini(&s->workers);
	shutdown_fini(&s->shutdown);
	pthread_mutex_destroy(&s->lock);
	if (s->spare_fd >= 0)
		close(s->spare_fd);
	close(s->signal_fd);
}
