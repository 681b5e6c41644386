/* SPDX-License-Identifier: MIT */
/* When chats that requests left at Kimi are deleted. */
#include "app/relay/chat_sweeper.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "app/relay/chat_sweep.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/thread.h"
#include "upstream/upstream.h"

/* What is left in this time is deleted together. */
#define LINGER_MS 1000

/* After its calls were told to end. */
#define ABORT_MS 1000

/* To look at the database of one configuration file. What strangers sent is kept
 * no longer than until then. */
struct sweep_task {
	struct sweep_task *next;
	char *path; /* of the file; NULL: there is none */
	int64_t due_ms;
	struct arena arena;
	struct credential *strangers;
	size_t n, room;
};

/* --- Tasks, under the lock --- */

static struct sweep_task *find_task(struct chat_sweeper *s, const char *path)
{
	struct sweep_task *t = s->tasks;

	while (t != NULL && !text_same(t->path, path))
		t = t->next;
	return t;
}

static void *run(void *sweeper);

/* If it cannot be started, the next one who has something to do tries again. */
static void wake_thread(struct chat_sweeper *s)
{
	if (s->running || !s->threaded)
		pthread_cond_broadcast(&s->changed);
	else if (!s->ending)
		s->joinable = s->running = thread_start(&s->thread, run, s);
}

static struct sweep_task *add_task(struct chat_sweeper *s, const char *path,
				   int64_t due_ms)
{
	struct sweep_task *t = find_task(s, path);

	if (t != NULL && t->due_ms <= due_ms)
		return t;
	if (t == NULL) {
		t = calloc(1, sizeof(*t));
		if (t == NULL)
			abort();
		arena_init(&t->arena);
		t->path = arena_copy(&t->arena, path);
		t->next = s->tasks;
		s->tasks = t;
	}
	t->due_ms = due_ms;
	wake_thread(s);
	return t;
}

static void free_task(struct sweep_task *t)
{
	free(t->strangers);
	arena_fini(&t->arena);
	free(t);
}

static bool has_stranger(const struct sweep_task *t, const char *fingerprint)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->strangers[i].fingerprint, fingerprint) == 0)
			return true;
	return false;
}

static void add_stranger(struct sweep_task *t, const struct credential *c)
{
	if (c->upstream->delete_chats == NULL ||
	    has_stranger(t, c->fingerprint))
		return;
	if (t->n == t->room) {
		t->room = t->room * 2 + 4;
		t->strangers =
			realloc(t->strangers, t->room * sizeof(*t->strangers));
		if (t->strangers == NULL)
			abort();
	}
	t->strangers[t->n] = *c;
	t->strangers[t->n].secret = arena_copy(&t->arena, c->secret);
	t->strangers[t->n++].label = arena_copy(&t->arena, c->label);
}

/* The one that is due first; NULL: none is. When all must end, what waits for
 * another try is left. */
static struct sweep_task *take_task(struct chat_sweeper *s, int64_t *due_ms)
{
	int64_t now = clock_ms();
	int64_t ready = s->ending ? now + LINGER_MS : now;
	struct sweep_task **first = NULL, *t = NULL;

	*due_ms = INT64_MAX;
	for (struct sweep_task **at = &s->tasks; *at != NULL; at = &(*at)->next)
		if ((*at)->due_ms < *due_ms) {
			first = at;
			*due_ms = (*at)->due_ms;
		}
	if (first != NULL && *due_ms <= ready) {
		t = *first;
		*first = t->next;
	}
	return t;
}

/* --- Doing them --- */

/* Returns when to look again. */
static int64_t do_task(struct chat_sweeper *s, const struct sweep_task *t,
		       struct http_client *http, struct arena *a)
{
	struct app *app = app_find(s->apps, t->path);
	int64_t again = INT64_MAX;

	if (!app->broken)
		again = chat_sweep(app, t->strangers, t->n, http, a);
	app_release(s->apps, app);
	arena_reset(a);
	return again;
}

static void do_tasks(struct chat_sweeper *s, struct http_client *http,
		     struct arena *a)
{
	struct sweep_task *t;
	int64_t due_ms, again;

	pthread_mutex_lock(&s->lock);
	for (;;) {
		t = take_task(s, &due_ms);
		if (t == NULL && s->ending)
			break;
		if (t == NULL) {
			thread_wait_until(&s->changed, &s->lock, due_ms);
			continue;
		}
		pthread_mutex_unlock(&s->lock);
		again = do_task(s, t, http, a);
		pthread_mutex_lock(&s->lock);
		if (again != INT64_MAX && !s->ending)
			add_task(s, t->path, again);
		free_task(t);
	}
	pthread_mutex_unlock(&s->lock);
}

bool chat_sweeper_has_work(const struct chat_sweeper *s)
{
	return s->tasks != NULL;
}

void chat_sweeper_run(struct chat_sweeper *s, struct http_client *http,
		      struct arena *a)
{
	http->watch = NULL;
	s->ending = true;
	do_tasks(s, http, a);
	s->ending = false;
}

static int64_t tick(void *ctx)
{
	(void)ctx;
	return INT64_MAX;
}

static void settled(void *ctx)
{
	(void)ctx;
}

static enum gateway_state state(void *ctx)
{
	const struct chat_sweeper *s = ctx;
	struct pollfd stop = { .fd = s->stop_fd, .events = POLLIN };

	return poll(&stop, 1, 0) > 0 ? GATEWAY_STOPPING : GATEWAY_OPEN;
}

static void *run(void *sweeper)
{
	struct chat_sweeper *s = sweeper;
	const struct gateway gateway = { .watch = { { s->stop_fd, POLLIN },
						    { -1, 0 } },
					 .state = state,
					 .ctx = s };
	const struct http_watch watch = { .gateway = &gateway,
					  .tick = tick,
					  .settled = settled };
	struct http_client http;
	struct arena arena;

	arena_init(&arena);
	http_client_init(&http);
	http.loading = &s->apps->loading;
	http.watch = &watch;
	do_tasks(s, &http, &arena);
	http_client_fini(&http);
	arena_fini(&arena);
	pthread_mutex_lock(&s->lock);
	s->running = false;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* --- For everybody else --- */

void chat_sweeper_init(struct chat_sweeper *s, struct app_list *apps)
{
	*s = (struct chat_sweeper){ .apps = apps, .stop_fd = -1 };
	pthread_mutex_init(&s->lock, NULL);
	thread_condition_init(&s->changed);
	apps->sweeper = s;
}

void chat_sweeper_use_thread(struct chat_sweeper *s)
{
	s->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	s->threaded = s->stop_fd >= 0;
}

void chat_sweeper_wake(struct chat_sweeper *s, const struct app *app,
		       const struct caller *caller)
{
	struct sweep_task *t;

	if (s == NULL)
		return;
	pthread_mutex_lock(&s->lock);
	t = add_task(s, app->path, clock_ms() + LINGER_MS);
	for (size_t i = 0; caller->own && i < caller->n_credentials; i++)
		add_stranger(t, &caller->credentials[i]);
	pthread_mutex_unlock(&s->lock);
}

void chat_sweeper_begin(struct chat_sweeper *s)
{
	struct app *app = app_find(s->apps, NULL);

	pthread_mutex_lock(&s->lock);
	if (!app->broken && access(app->config.db_path, F_OK) == 0)
		add_task(s, app->path, clock_ms());
	pthread_mutex_unlock(&s->lock);
	app_release(s->apps, app);
}

static bool wait_for_thread(struct chat_sweeper *s, int64_t ms)
{
	int64_t until = clock_ms() + ms;

	while (s->running && thread_wait_until(&s->changed, &s->lock, until))
		;
	return !s->running;
}

bool chat_sweeper_end(struct chat_sweeper *s, int64_t ms)
{
	bool ended;

	pthread_mutex_lock(&s->lock);
	s->ending = true;
	pthread_cond_broadcast(&s->changed);
	ended = wait_for_thread(s, ms);
	if (!ended) {
		eventfd_write(s->stop_fd, 1);
		ended = wait_for_thread(s, ABORT_MS);
	}
	pthread_mutex_unlock(&s->lock);
	if (ended && s->joinable)
		pthread_join(s->thread, NULL);
	s->joinable = false;
	return ended;
}

void chat_sweeper_fini(struct chat_sweeper *s)
{
	s->apps->sweeper = NULL;
	while (s->tasks != NULL) {
		struct sweep_task *t = s->tasks;

		s->tasks = t->next;
		free_task(t);
	}
	if (s->stop_fd >= 0)
		close(s->stop_fd);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
}
