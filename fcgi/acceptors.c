/* SPDX-License-Identifier: MIT */
/* Threads that wait for connections, and serve them. */
#include "fcgi/acceptors.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/allocator.h"
#include "base/clock.h"
#include "base/descriptors.h"
#include "base/thread.h"
#include "fcgi/connection.h"

/* How many may wait, and for how long: to start a thread costs more than to wake
 * one, but each has its stack and what malloc keeps for it. */
#define MOST_WAITING 32
#define WAIT_MS 1000

/* So many threads leave memory that is worth giving back. */
#define CROWD 16

#define SILENCE_SECONDS 60
#define REFUSAL_SECONDS 1 /* nobody else accepts meanwhile */
#define ACCEPT_PAUSE_MS 50
#define STOP_STEP_MS 1

#define THREADS_EXHAUSTED                                                      \
	"Too many threads are running: raise the limit of processes of this "  \
	"user (ulimit -u)."
#define THREADS_RETRY_MS 1000

/* The log has at most one line in this time about a limit of the system. */
#define TELL_MS 60000

static void keep_spare(struct acceptors *a)
{
	if (a->spare_fd < 0)
		a->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

bool acceptors_init(struct acceptors *a, struct worker_pool *workers,
		    const struct shutdown *shutdown)
{
	struct epoll_event stop = { .events = EPOLLIN, .data.fd = -1 };

	*a = (struct acceptors){
		.workers = workers,
		.shutdown = shutdown,
		.listen_fd = -1,
		.spare_fd = -1,
		.epoll_fd = epoll_create1(EPOLL_CLOEXEC),
		.stop_fd = eventfd(0, EFD_CLOEXEC),
	};
	if (a->epoll_fd < 0 || a->stop_fd < 0 ||
	    epoll_ctl(a->epoll_fd, EPOLL_CTL_ADD, a->stop_fd, &stop) != 0)
		return false;
	keep_spare(a);
	descriptors_error(&a->no_descriptors);
	error_set(&a->no_threads, ERROR_FULL, "%s", THREADS_EXHAUSTED);
	a->no_threads.retry_after_ms = THREADS_RETRY_MS;
	pthread_mutex_init(&a->lock, NULL);
	return true;
}

void acceptors_fini(struct acceptors *a)
{
	pthread_mutex_destroy(&a->lock);
	if (a->spare_fd >= 0)
		close(a->spare_fd);
	close(a->stop_fd);
	close(a->epoll_fd);
}

/* --- How many there are --- */

int64_t acceptors_threads(struct acceptors *a)
{
	int64_t n;

	pthread_mutex_lock(&a->lock);
	n = a->threads;
	pthread_mutex_unlock(&a->lock);
	return n;
}

int64_t acceptors_busy(struct acceptors *a)
{
	int64_t n;

	pthread_mutex_lock(&a->lock);
	n = a->threads - a->waiting;
	pthread_mutex_unlock(&a->lock);
	return n;
}

static void count_in(struct acceptors *a)
{
	pthread_mutex_lock(&a->lock);
	a->waiting++;
	a->threads++;
	if (a->threads > a->most)
		a->most = a->threads;
	pthread_mutex_unlock(&a->lock);
}

/* Under the lock. Whether most of a crowd has gone, and with it those who waited
 * for another one. */
static bool count_out(struct acceptors *a)
{
	a->waiting--;
	a->threads--;
	if (a->most <= CROWD || a->threads > a->most / 8 || a->waiting > 1)
		return false;
	a->most = a->threads;
	return true;
}

/* This thread has a connection. Whether nobody waits for the next one. */
static bool begin_serving(struct acceptors *a, int64_t *busy)
{
	bool last;

	pthread_mutex_lock(&a->lock);
	a->waiting--;
	last = a->waiting == 0 && !a->stopped;
	*busy = a->threads - a->waiting;
	pthread_mutex_unlock(&a->lock);
	return last;
}

static void end_serving(struct acceptors *a)
{
	pthread_mutex_lock(&a->lock);
	a->waiting++;
	pthread_mutex_unlock(&a->lock);
}

/* Whether this thread, which waits, shall end: if it is one of more than `most`
 * that do. */
static bool leave(struct acceptors *a, int64_t most)
{
	bool crowd_left = false, ends;

	pthread_mutex_lock(&a->lock);
	ends = a->stopped || a->waiting > most;
	if (ends)
		crowd_left = count_out(a);
	pthread_mutex_unlock(&a->lock);
	if (crowd_left)
		allocator_trim();
	return ends;
}

/* --- One connection --- */

/* The app of the process may be replaced meanwhile. */
static void tell(struct acceptors *a, const char *what)
{
	struct app_list *apps = a->workers->apps;
	int64_t now = clock_ms();
	struct app *app;
	bool due;

	pthread_mutex_lock(&a->lock);
	due = a->told_ms == 0 || now >= a->told_ms + TELL_MS;
	if (due)
		a->told_ms = now;
	pthread_mutex_unlock(&a->lock);
	if (!due)
		return;
	app = app_find(apps, NULL);
	log_line(&app->log, LOG_ERROR, NULL, "limit", "%s", what);
	app_release(apps, app);
}

/* The spare descriptor is for a connection that gets a 503: without one, clients
 * would wait for the end of their patience. */
static int accept_to_refuse(struct acceptors *a)
{
	tell(a, DESCRIPTORS_EXHAUSTED);
	if (a->spare_fd < 0) {
		clock_sleep_ms(ACCEPT_PAUSE_MS);
		return -1;
	}
	close(a->spare_fd);
	a->spare_fd = -1;
	return accept4(a->listen_fd, NULL, NULL, SOCK_CLOEXEC);
}

/* -1: there is none (any more). */
static int accept_one(struct acceptors *a, const struct error **refusal)
{
	int fd;

	keep_spare(a);
	*refusal = NULL;
	fd = accept4(a->listen_fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		return fd;
	if (errno == EMFILE || errno == ENFILE) {
		*refusal = &a->no_descriptors;
		return accept_to_refuse(a);
	}
	if (errno != EAGAIN && errno != ECONNABORTED)
		clock_sleep_ms(ACCEPT_PAUSE_MS);
	return -1;
}

static bool start_one(struct acceptors *a);

/* Connections beyond the workers are accepted for their 503; if there are too
 * many of those, too, they are closed. */
static void serve(struct acceptors *a, int fd, const struct error *refusal)
{
	int seconds = SILENCE_SECONDS;
	int64_t busy;

	if (begin_serving(a, &busy) && !start_one(a)) {
		tell(a, THREADS_EXHAUSTED);
		refusal = &a->no_threads;
		seconds = REFUSAL_SECONDS;
	}
	if (busy > worker_pool_max(a->workers) + WORKER_POOL_REFUSALS)
		close(fd);
	else
		connection_serve(fd, a->workers, a->shutdown, refusal, seconds);
}

/* --- One thread --- */

/* Epoll tells one thread, and nobody else until it has accepted: so accept_one
 * needs no lock. */
static bool arm(struct acceptors *a, int operation)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLONESHOT,
				     .data.fd = a->listen_fd };

	return epoll_ctl(a->epoll_fd, operation, a->listen_fd, &event) == 0;
}

static void take_connection(struct acceptors *a)
{
	const struct error *refusal;
	int fd = accept_one(a, &refusal);

	arm(a, EPOLL_CTL_MOD);
	if (fd < 0)
		return;
	serve(a, fd, refusal);
	end_serving(a);
}

/* The last that waits goes on waiting. */
static void *acceptor_thread(void *argument)
{
	struct acceptors *a = argument;
	struct epoll_event event;
	int64_t most = MOST_WAITING;
	int wait_ms = WAIT_MS;

	while (!leave(a, most)) {
		int n = epoll_wait(a->epoll_fd, &event, 1, wait_ms);

		most = n == 0 ? 1 : MOST_WAITING;
		wait_ms = n == 0 ? -1 : WAIT_MS;
		if (n > 0 && event.data.fd == a->listen_fd)
			take_connection(a);
	}
	thread_give_back_stack();
	return NULL;
}

static bool start_one(struct acceptors *a)
{
	pthread_t thread;

	count_in(a);
	if (thread_start(&thread, acceptor_thread, a)) {
		pthread_detach(thread);
		return true;
	}
	pthread_mutex_lock(&a->lock);
	count_out(a);
	pthread_mutex_unlock(&a->lock);
	return false;
}

/* --- All of them --- */

bool acceptors_start(struct acceptors *a, int listen_fd)
{
	a->listen_fd = listen_fd;
	if ((arm(a, EPOLL_CTL_ADD) || errno == EEXIST) && start_one(a))
		return true;
	tell(a, THREADS_EXHAUSTED);
	return false;
}

/* What stays readable wakes all that wait. */
void acceptors_stop(struct acceptors *a)
{
	pthread_mutex_lock(&a->lock);
	a->stopped = true;
	pthread_mutex_unlock(&a->lock);
	eventfd_write(a->stop_fd, 1);
	while (acceptors_threads(a) > acceptors_busy(a))
		clock_sleep_ms(STOP_STEP_MS);
}
