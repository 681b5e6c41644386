/* SPDX-License-Identifier: MIT */
/*
 * Several choices side by side. A thread makes one after another as they are
 * left; what its HTTP client watches is not the client, but whether all must
 * stop.
 */
#include "app/relay/choice_threads_internal.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "store/turn_lock.h"

#define MAX_THREADS 8
#define MAX_WAIT_MS 60000

struct choice_thread {
	struct choice_threads *all;
	pthread_t thread;
	struct exchange exchange; /* the request's, but with … */
	struct arena arena;	  /* … memory of its own, … */
	struct http_client http;  /* … connections of its own, … */
	struct http_watch watch;
	struct gateway gateway; /* … and a "client" that leaves to stop it */
	struct choice *choice;	/* being made */
	int64_t renew_ms;	/* clock_ms: its slot is due */
};

struct choice_threads {
	struct choices *choices;
	struct choice_thread *list;
	size_t n; /* started */
	struct attempt_peers peers;
	int stop_fd;	      /* readable: all must stop */
	int wake_fd;	      /* readable: all have ended, or one made a chat */
	pthread_mutex_t lock; /* for what follows, and for listeners */
	size_t next;	      /* the first choice that no thread has taken */
	size_t running;	      /* threads */
	size_t done;	      /* choices */
	bool stopping;
	struct error why; /* … if so */

	/* A choice that has not started yet, and may be uploading files that
	 * the others then use, too. NULL: none. */
	const struct choice *uploading;
	pthread_cond_t uploaded;
	bool has_files;
};

/* --- Stopping all of them --- */

static void signal_fd(int fd)
{
	const uint64_t one = 1;

	if (write(fd, &one, sizeof(one)) < 0)
		return; /* it is full, so it is readable already */
}

/* Under the lock. The first reason is the one that counts. */
static void stop(struct choice_threads *ts, const struct error *why)
{
	if (ts->stopping)
		return;
	ts->stopping = true;
	ts->why = *why;
	signal_fd(ts->stop_fd);
	pthread_cond_broadcast(&ts->uploaded);
}

/* Under the lock. */
static void note_uploaded(struct choice_threads *ts, const struct choice *c)
{
	if (ts->uploading != c)
		return;
	ts->uploading = NULL;
	pthread_cond_broadcast(&ts->uploaded);
}

static enum gateway_state state(void *ctx)
{
	(void)ctx;
	return GATEWAY_GONE;
}

/* --- One thread --- */

static int64_t tick(void *ctx)
{
	struct choice_thread *t = ctx;
	int64_t now = clock_ms();

	if (now >= t->renew_ms) {
		attempt_renew_slot(&t->choice->attempt);
		t->renew_ms = now + TURN_RENEW_MS;
	}
	return t->renew_ms - now;
}

static void settled(void *ctx)
{
	struct choice_thread *t = ctx;
	const struct http_watch *client = t->all->choices->watch;

	pthread_mutex_lock(&t->all->lock);
	client->settled(client->ctx);
	pthread_mutex_unlock(&t->all->lock);
}

static enum flow on_event(void *ctx, const struct chat_event *event)
{
	struct choice *c = ctx;
	struct choices *cs = c->all;
	struct chat_event own = *event;
	enum flow flow = FLOW_STOP;

	if (event->kind == CHAT_START)
		try_begun(&c->attempt);
	else if (event->kind == CHAT_FINISH)
		try_done(&c->attempt);
	own.choice = c->index;
	pthread_mutex_lock(&cs->threads->lock);
	if (event->kind == CHAT_START)
		note_uploaded(cs->threads, c);
	if (!cs->threads->stopping)
		flow = cs->on_event(cs->ctx, c, &own);
	pthread_mutex_unlock(&cs->threads->lock);
	return flow;
}

/* As if the request asked for this one alone. Under the lock, as the turn is
 * shared. */
static struct choice *prepare_choice(struct choice_threads *ts,
				     struct choice *c)
{
	struct choices *cs = ts->choices;
	struct chat_request *q = &c->request;

	*q = *cs->job->request;
	if (q->n_prompts > 1) {
		q->messages += c->index / q->n;
		q->n_messages = 1;
	}
	c->job = *cs->job;
	c->job.request = q;
	c->turn = *cs->turn;
	c->attempt.job = &c->job;
	c->attempt.turn = &c->turn;
	c->attempt.peers = &ts->peers;
	return c;
}

static struct choice *next_choice(struct choice_threads *ts)
{
	struct choices *cs = ts->choices;
	struct choice *c = NULL;

	pthread_mutex_lock(&ts->lock);
	while (ts->uploading != NULL && !ts->stopping)
		pthread_cond_wait(&ts->uploaded, &ts->lock);
	if (!ts->stopping && ts->next < cs->n)
		c = prepare_choice(ts, &cs->list[ts->next++]);
	if (ts->has_files)
		ts->uploading = c;
	pthread_mutex_unlock(&ts->lock);
	return c;
}

static void make(struct choice_thread *t, struct choice *c)
{
	struct choice_threads *ts = t->all;
	bool done;

	c->job.x = &t->exchange;
	t->choice = c;
	t->renew_ms = clock_ms() + TURN_RENEW_MS;
	chat_stream_init(&c->stream, &t->arena, on_event, c);
	atomic_fetch_add(&ts->peers.running, 1);
	done = attempt_run(&c->attempt);
	attempt_release_slot(&c->attempt);
	pthread_mutex_lock(&ts->lock);
	note_uploaded(ts, c);
	ts->done += done;
	if (!done && !ts->stopping) {
		ts->choices->failed = c;
		stop(ts, &c->error);
	}
	pthread_mutex_unlock(&ts->lock);
	/* Those that wait for this must find out that all are to stop. */
	atomic_fetch_add(&ts->peers.ended, 1);
	atomic_fetch_sub(&ts->peers.running, 1);
}

static void *run(void *ctx)
{
	struct choice_thread *t = ctx;
	struct choice_threads *ts = t->all;
	struct choice *c;

	while ((c = next_choice(ts)) != NULL)
		make(t, c);
	pthread_mutex_lock(&ts->lock);
	if (--ts->running == 0)
		signal_fd(ts->wake_fd);
	pthread_mutex_unlock(&ts->lock);
	return NULL;
}

/* --- All of them --- */

static void drop_thread(void *thread)
{
	struct choice_thread *t = thread;

	http_client_fini(&t->http);
	arena_fini(&t->arena);
}

/* The first one uses the connections that the worker has. */
static void prepare_thread(struct choice_threads *ts, struct choice_thread *t)
{
	struct exchange *x = ts->choices->job->x;

	t->all = ts;
	t->exchange = *x;
	t->exchange.arena = &t->arena;
	arena_init(&t->arena);
	http_client_init_like(&t->http, x->http);
	if (t != ts->list)
		t->exchange.http = &t->http;
	t->exchange.http->watch = &t->watch;
	t->watch = (struct http_watch){ .gateway = &t->gateway,
					.tick = tick,
					.settled = settled,
					.ctx = t };
	t->gateway = (struct gateway){ .state = state };
	for (int i = 0; i < GATEWAY_FDS; i++)
		t->gateway.watch[i].fd = -1;
	t->gateway.watch[0].fd = ts->stop_fd;
	t->gateway.watch[0].events = POLLIN;
	arena_own(x->arena, t, drop_thread);
}

/* It waits for the lock until all are started. */
static void start(struct choice_threads *ts, struct choice_thread *t)
{
	struct error why;

	prepare_thread(ts, t);
	if (thread_start(&t->thread, run, t)) {
		ts->running++;
		ts->n++;
		return;
	}
	error_set(&why, ERROR_FULL,
		  "This server has no thread left for another choice: try "
		  "again soon, or with a smaller 'n'.");
	stop(ts, &why);
}

static bool has_files(const struct chat_request *q)
{
	for (size_t i = 0; i < q->n_messages; i++)
		for (size_t j = 0; j < q->messages[i].n_parts; j++)
			if (q->messages[i].parts[j].file != NULL)
				return true;
	return false;
}

static void start_all(struct choice_threads *ts)
{
	struct choices *cs = ts->choices;

	ts->has_files = has_files(cs->job->request);
	ts->list =
		arena_array(cs->job->x->arena, MAX_THREADS, sizeof(*ts->list));
	pthread_mutex_lock(&ts->lock);
	while (ts->n < MAX_THREADS && ts->n < cs->n && !ts->stopping)
		start(ts, &ts->list[ts->n]);
	pthread_mutex_unlock(&ts->lock);
}

/* --- Meanwhile --- */

/* Attends to the client, unless all must stop, and says what to wait for. False
 * when no thread runs any more. */
static bool attend(struct choice_threads *ts, struct pollfd *fds,
		   int64_t *wait_ms)
{
	const struct http_watch *w = ts->choices->watch;
	struct error why;
	bool running;

	*wait_ms = MAX_WAIT_MS;
	pthread_mutex_lock(&ts->lock);
	running = ts->running > 0;
	if (running && !ts->stopping &&
	    !http_watch_attend(w, true, wait_ms, &why))
		stop(ts, &why);
	for (int i = 0; i < GATEWAY_FDS; i++) {
		fds[i].fd = ts->stopping ? -1 : w->gateway->watch[i].fd;
		fds[i].events = w->gateway->watch[i].events;
	}
	pthread_mutex_unlock(&ts->lock);
	return running;
}

static void wait_for_all(struct choice_threads *ts)
{
	struct pollfd fds[GATEWAY_FDS + 1];
	int64_t wait_ms;
	eventfd_t ignored;

	fds[GATEWAY_FDS].fd = ts->wake_fd;
	fds[GATEWAY_FDS].events = POLLIN;
	while (attend(ts, fds, &wait_ms)) {
		poll(fds, GATEWAY_FDS + 1, (int)wait_ms);
		eventfd_read(ts->wake_fd, &ignored);
	}
	for (size_t i = 0; i < ts->n; i++)
		pthread_join(ts->list[i].thread, NULL);
}

static bool open_all(struct choice_threads *ts, struct error *e)
{
	ts->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ts->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ts->choices->made.wake_fd = ts->wake_fd;
	return (ts->stop_fd >= 0 && ts->wake_fd >= 0) ||
	       error_set(e, ERROR_FULL,
			 "This server has no file descriptor left: try again "
			 "soon.");
}

static void close_all(struct choice_threads *ts)
{
	struct choices *cs = ts->choices;

	cs->made.wake_fd = -1;
	if (ts->stop_fd >= 0)
		close(ts->stop_fd);
	if (ts->wake_fd >= 0)
		close(ts->wake_fd);
	pthread_cond_destroy(&ts->uploaded);
	pthread_mutex_destroy(&ts->lock);
	cs->job->x->http->watch = cs->watch;
	cs->threads = NULL;
}

bool choice_threads_run(struct choices *cs, struct error *e)
{
	struct choice_threads *ts = arena_alloc(cs->job->x->arena, sizeof(*ts));
	bool opened;

	cs->threads = ts;
	ts->choices = cs;
	pthread_mutex_init(&ts->lock, NULL);
	pthread_cond_init(&ts->uploaded, NULL);
	opened = open_all(ts, e);
	if (opened) {
		start_all(ts);
		wait_for_all(ts);
		*e = ts->why;
	}
	close_all(ts);
	return opened && ts->done == cs->n;
}
