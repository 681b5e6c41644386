/* SPDX-License-Identifier: MIT */
/* The accept loop, its threads and its end. */
#include "fcgi/server.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "fcgi/connection.h"
#include "fcgi/listen.h"

/* libcurl and OpenSSL use some 13 KiB of it; sanitizers want more. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STACK_SIZE (1024 * 1024)
#else
#define STACK_SIZE (128 * 1024)
#endif
#define SILENT_SECONDS 60
#define KEPT_WORKERS 16
#define REFUSALS 256
#define ACCEPT_PAUSE_MS 50
#define DRAIN_STEP_MS 20
#define LAST_WORD_MS 3000

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

/* libfcgi takes an interrupted write for a lost client: no thread may get a
 * signal. */
static int open_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

bool server_init(struct server *s, int listen_fd, struct app_list *apps)
{
	*s = (struct server){ .listen_fd = listen_fd, .apps = apps };
	s->signal_fd = open_signals();
	s->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&s->lock, NULL);
	raise_file_limit();
	if (fcntl(listen_fd, F_SETFL, fcntl(listen_fd, F_GETFL) | O_NONBLOCK) <
	    0)
		return false;
	return s->signal_fd >= 0 && s->stop_fd >= 0;
}

struct worker *server_take_worker(struct server *s)
{
	struct worker *w = NULL;
	bool may;

	pthread_mutex_lock(&s->lock);
	may = s->serving < s->workers;
	if (may) {
		s->serving++;
		w = s->idle;
	}
	if (w != NULL) {
		s->idle = w->next;
		s->n_idle--;
	}
	pthread_mutex_unlock(&s->lock);
	if (w != NULL || !may)
		return w;
	w = malloc(sizeof(*w));
	if (w == NULL)
		abort();
	worker_init(w, s->apps);
	return w;
}

void server_give_worker(struct server *s, struct worker *w)
{
	bool keep, last;

	pthread_mutex_lock(&s->lock);
	s->serving--;
	last = s->serving == 0;
	keep = s->n_idle < KEPT_WORKERS;
	if (keep) {
		w->next = s->idle;
		s->idle = w;
		s->n_idle++;
	}
	pthread_mutex_unlock(&s->lock);
	if (keep)
		return;
	worker_fini(w);
	free(w);
	if (last) /* a crowd has gone: give its memory back */
		malloc_trim(0);
}

static void *connection_thread(void *argument)
{
	struct accepted a = *(struct accepted *)argument;

	free(argument);
	connection_serve(a.server, a.fd);
	pthread_mutex_lock(&a.server->lock);
	a.server->connections--;
	pthread_mutex_unlock(&a.server->lock);
	return NULL;
}

/* A peer that says nothing, or takes nothing, is dropped in time. */
static void limit_silence(int fd)
{
	struct timeval t = { .tv_sec = SILENT_SECONDS };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
}

static bool start_thread(struct server *s, int fd)
{
	struct accepted *a = malloc(sizeof(*a));
	pthread_attr_t attr;
	pthread_t thread;
	bool started;

	if (a == NULL)
		abort();
	*a = (struct accepted){ s, fd };
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	started = pthread_create(&thread, &attr, connection_thread, a) == 0;
	pthread_attr_destroy(&attr);
	if (!started)
		free(a);
	return started;
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

/* Beyond the workers, some more threads say 503; beyond those we hang up. */
static void accept_one(struct server *s)
{
	int fd = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0) {
		/* Taken by another process; or the system has no more. */
		if (errno != EAGAIN && errno != ECONNABORTED)
			clock_sleep_ms(ACCEPT_PAUSE_MS);
		return;
	}
	limit_silence(fd);
	if (count_connections(s, 1) <= s->workers + REFUSALS &&
	    start_thread(s, fd))
		return;
	count_connections(s, -1);
	close(fd);
}

bool server_is_draining(struct server *s)
{
	bool draining;

	pthread_mutex_lock(&s->lock);
	draining = s->draining;
	pthread_mutex_unlock(&s->lock);
	return draining;
}

static bool stop_requested(struct server *s)
{
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
			return true;
	return false;
}

/* Lets what runs go on for `ms`, or until another signal. */
static void wait_for_connections(struct server *s, int64_t ms)
{
	int64_t end = clock_ms() + ms;

	while (count_connections(s, 0) > 0 && clock_ms() < end &&
	       !stop_requested(s))
		clock_sleep_ms(DRAIN_STEP_MS);
}

static bool drain(struct server *s)
{
	uint64_t stop = 1;

	pthread_mutex_lock(&s->lock);
	s->draining = true;
	pthread_mutex_unlock(&s->lock);
	/* In this order: the next one who binds the path keeps it. */
	if (s->listen_path != NULL)
		listen_remove(s->listen_path);
	close(s->listen_fd);
	wait_for_connections(s, s->drain_ms);
	if (count_connections(s, 0) > 0 &&
	    write(s->stop_fd, &stop, sizeof(stop)) == sizeof(stop))
		wait_for_connections(s, LAST_WORD_MS);
	return count_connections(s, 0) == 0;
}

bool server_run(struct server *s)
{
	struct pollfd fds[] = {
		{ .fd = s->listen_fd, .events = POLLIN },
		{ .fd = s->signal_fd, .events = POLLIN },
	};

	for (;;) {
		poll(fds, 2, -1);
		if (fds[1].revents != 0 && stop_requested(s))
			break;
		if (fds[0].revents != 0)
			accept_one(s);
	}
	return drain(s);
}

void server_fini(struct server *s)
{
	while (s->idle != NULL) {
		struct worker *w = s->idle;

		s->idle = w->next;
		worker_fini(w);
		free(w);
	}
	pthread_mutex_destroy(&s->lock);
	close(s->signal_fd);
	close(s->stop_fd);
}
