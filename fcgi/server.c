/* SPDX-License-Identifier: MIT */
/* A process from its first signal to its end. */
#include "fcgi/server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/version.h"
#include "fcgi/signals.h"
#include "store/overview.h"

#define DRAIN_STEP_MS 20
#define START_RETRY_MS 1000
#define LAST_MS 1000
#define ABORT_MS 3000

/* To delete at the end what requests left at Kimi. */
#define SWEEP_MS 2000

static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* A database that is not there yet is not made for this: requests may name
 * another one. */
static void count_kept(struct app *app, int64_t *keys, int64_t *credentials)
{
	struct error ignored; /* requests report it */
	struct store *store = NULL;

	*keys = *credentials = 0;
	if (access(app->config.db_path, F_OK) == 0)
		store = app_store(app, &ignored);
	if (store != NULL)
		store_overview_kept(store, keys, credentials, &ignored);
}

static void log_counts(struct app *app)
{
	const char *path = app->path == NULL ? "none" : app->path;
	struct log_field fields[] = {
		{ .name = "version", .text = KIMI_VERSION },
		{ .name = "settings", .text = path },
		{ .name = "database", .text = app->config.db_path },
		{ .name = "keys_of_settings",
		  .number = (int64_t)app->config.auth_keys.n },
		{ .name = "credentials_of_settings",
		  .number = (int64_t)app->n_credentials },
		{ .name = "keys_of_database" },
		{ .name = "credentials_of_database" },
	};

	const struct log_entry entry = {
		.level = LOG_INFO,
		.event = "start",
		.fields = fields,
		.n_fields = sizeof(fields) / sizeof(*fields),
	};

	count_kept(app, &fields[5].number, &fields[6].number);
	log_write(&app->log, &entry);
}

static void log_start(struct app *app)
{
	if (app->broken)
		log_line(&app->log, LOG_ERROR, NULL, "start",
			 "Every request gets 503 until this is corrected "
			 "(configuration file: %s).",
			 app->path == NULL ? "none" : app->path);
	else
		log_counts(app);
}

/* As many workers as the settings say from now on. */
static void follow_settings(void *ctx, const struct config *config)
{
	struct server *s = ctx;

	worker_pool_resize(&s->workers, config->workers);
}

bool server_init(struct server *s, struct app_list *apps)
{
	struct app *app;

	*s = (struct server){ .signal_fd = signals_open() };
	if (s->signal_fd < 0 || !shutdown_init(&s->shutdown))
		return false;
	raise_file_limit();
	s->apps = apps;
	worker_pool_init(&s->workers, apps, 0);
	apps->on_fallback = follow_settings;
	apps->ctx = s;
	app = app_find(apps, NULL);
	log_start(app);
	app_release(apps, app);
	chat_sweeper_init(&s->sweeper, apps);
	chat_sweeper_use_thread(&s->sweeper);
	return acceptors_init(&s->acceptors, &s->workers, &s->shutdown);
}

/* Waits for a signal for `ms` at most; -1: for as long as it takes. False once
 * this process is told to end. */
static bool attend_signals(struct server *s, int ms)
{
	struct pollfd fd = { .fd = s->signal_fd, .events = POLLIN };
	enum signals_wish wish;

	if (poll(&fd, 1, ms) <= 0)
		return true;
	wish = signals_read(s->signal_fd);
	if (wish == SIGNALS_RELOAD)
		app_list_reload(s->apps);
	return wish != SIGNALS_STOP;
}

/* Until the system lets it, or this process is told to end. */
static bool start(struct server *s, const struct listener *l)
{
	while (!acceptors_start(&s->acceptors, l->fd))
		if (!attend_signals(s, START_RETRY_MS))
			return false;
	return true;
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
	       (acceptors_busy(&s->acceptors) > 0 || has_waiting(l->fd)))
		if (!attend_signals(s, DRAIN_STEP_MS))
			return false;
	return true;
}

/* Those who came before the socket had to be closed; if systemd keeps it open,
 * they are for the next process. */
static void accept_the_last(const struct listener *l)
{
	int64_t end = clock_ms() + LAST_MS;

	if (l->origin == LISTEN_SYSTEMD)
		return;
	while (has_waiting(l->fd) && clock_ms() < end)
		clock_sleep_ms(1);
}

/* For `ms` at most, or until another signal. */
static void wait_for_threads(struct server *s, int64_t ms)
{
	int64_t end = clock_ms() + ms;

	while (acceptors_threads(&s->acceptors) > 0 && clock_ms() < end &&
	       signals_read(s->signal_fd) != SIGNALS_STOP)
		clock_sleep_ms(DRAIN_STEP_MS);
}

/* Whether all connections have ended, by themselves or when aborted. */
static bool drain(struct server *s, int64_t ms)
{
	wait_for_threads(s, ms);
	if (acceptors_threads(&s->acceptors) > 0) {
		shutdown_abort_requests(&s->shutdown);
		memory_close(&s->apps->memory);
		wait_for_threads(s, ABORT_MS);
	}
	return acceptors_threads(&s->acceptors) == 0;
}

/* Ends all that runs, in good order; false if some of it did not end. */
static bool stop(struct server *s, const struct listener *l,
		 const struct app *app, int64_t drain_ms)
{
	int64_t end;
	bool ended;

	if (app->config.drain_ms >= 0)
		drain_ms = app->config.drain_ms;
	end = clock_ms() + drain_ms;
	log_line(&app->log, LOG_INFO, NULL, "stop", "Ends within %d s.",
		 (int)((drain_ms + ABORT_MS) / 1000));
	shutdown_begin(&s->shutdown);
	listen_leave(l);
	if (!accept_while_busy(s, l, drain_ms / 2))
		end = clock_ms();
	listen_remove(l);
	accept_the_last(l);
	acceptors_stop(&s->acceptors);
	close(l->fd);
	ended = drain(s, end - clock_ms()) &&
		chat_sweeper_end(&s->sweeper, SWEEP_MS);
	log_line(&app->log, LOG_INFO, NULL, "stop", "%s",
		 ended ? "Ended." : "Ended, with requests that still ran.");
	return ended;
}

bool server_run(struct server *s, const struct listener *l, int64_t drain_ms)
{
	struct app *app;
	bool going, ended;

	/* Processes may share the socket: one that comes too late must not
	 * block in accept. */
	fcntl(l->fd, F_SETFL, fcntl(l->fd, F_GETFL) | O_NONBLOCK);
	chat_sweeper_begin(&s->sweeper);
	going = start(s, l);
	while (going)
		going = attend_signals(s, -1);
	app = app_find(s->apps, NULL);
	ended = stop(s, l, app, drain_ms);
	app_release(s->apps, app);
	return ended;
}

void server_fini(struct server *s)
{
	chat_sweeper_fini(&s->sweeper);
	worker_pool_fini(&s->workers);
	shutdown_fini(&s->shutdown);
	acceptors_fini(&s->acceptors);
	close(s->signal_fd);
}
