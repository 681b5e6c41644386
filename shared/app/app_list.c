/* SPDX-License-Identifier: MIT */
/* The apps of a process: found, replaced when their files change. */
#include "app/app_list.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "http/libcurl.h"

#define LOOK_MS 1000 /* at a file, for changes */

/* Unlike responses, the log names the file with its path. */
static void log_config(const struct app *app, enum log_level level,
		       const char *text)
{
	log_line(&app->log, level, NULL, "config",
		 "%s (configuration file: %s)", text,
		 app->path == NULL ? "none" : app->path);
}

/* What loading found, for the log. */
static void report(const struct app *app)
{
	const struct config_list *notices = &app->config.notices;

	if (app->log_fault != NULL)
		log_config(app, LOG_ERROR, app->log_fault);
	for (size_t i = 0; i < notices->n; i++)
		log_config(app, LOG_INFO, notices->items[i]);
	if (app->broken)
		log_config(app, LOG_ERROR,
			   app->refused ? app->why_refused :
					  app->error.message);
	else
		log_line(&app->log, LOG_DEBUG, NULL, "config",
			 "Configuration file: %s. Database: %s.",
			 app->path == NULL ? "none" : app->path,
			 app->config.db_path);
}

/* With all that follow it. */
static void free_list(struct app *first)
{
	while (first != NULL) {
		struct app *app = first;

		first = app->next;
		app_close(app);
	}
}

void app_list_init(struct app_list *list)
{
	pthread_mutex_init(&list->lock, NULL);
	libcurl_prepare();
	pthread_mutex_init(&list->loading, NULL);
	list->first = list->fallback = NULL;
	list->sweeper = NULL;
	list->on_fallback = NULL;
	store_prepare();
	memory_init(&list->memory);
}

void app_list_leave(struct app_list *list)
{
	for (struct app *app = list->first; app != NULL; app = app->next)
		if (app->store != NULL)
			store_leave(app->store);
}

void app_list_fini(struct app_list *list)
{
	free_list(list->first);
	memory_fini(&list->memory);
	pthread_mutex_destroy(&list->loading);
	pthread_mutex_destroy(&list->lock);
}

static struct app *find_app(struct app_list *list,
			    const struct config_found *found)
{
	struct app *app;

	for (app = list->first; app != NULL; app = app->next)
		if (text_same(app->path, found->path) &&
		    app->refused == found->refused)
			return app;
	app = app_open(found);
	report(app);
	app->next = list->first;
	list->first = app;
	return app;
}

void app_release(struct app_list *list, struct app *app)
{
	bool last;

	pthread_mutex_lock(&list->lock);
	last = --app->users == 0 && app->retired;
	pthread_mutex_unlock(&list->lock);
	if (last)
		app_close(app);
}

/* Always NULL. */
static struct app *stay(struct app *old, const char *why)
{
	pthread_mutex_lock(&old->reload_lock);
	snprintf(old->reload_fault, sizeof(old->reload_fault),
		 "%.440s The previous configuration stays in use.", why);
	pthread_mutex_unlock(&old->reload_lock);
	log_config(old, LOG_ERROR, old->reload_fault);
	return NULL;
}

/* The app that takes the place of `old`, or NULL if it has to stay. */
static struct app *load_again(struct app *old, const struct config_found *found)
{
	struct app *app = app_open(found);
	const char *why = app->refused ? app->why_refused :
			  app->broken  ? app->error.message :
					 app->log_fault;

	if (old->broken || why == NULL) {
		report(app);
		log_config(app, LOG_INFO, "Configuration reloaded.");
		return app;
	}
	stay(old, why);
	app_close(app);
	return NULL;
}

/* The same, with the current place of the fallback's file. */
static struct app *successor(const struct app_list *list, struct app *old)
{
	struct config_found found = { .path = old->path };
	struct arena scratch;
	struct app *app;

	arena_init(&scratch);
	if (old == list->fallback)
		config_search(&found, &scratch);
	app = old->path != NULL && found.path == NULL ?
		      stay(old, "kimi.conf is gone.") :
		      load_again(old, &found);
	arena_fini(&scratch);
	return app;
}

static void set_fallback(struct app_list *list, struct app *app)
{
	list->fallback = app;
	if (list->on_fallback != NULL)
		list->on_fallback(list->ctx, &app->config);
}

/* Replaces the app at this place if its file lets it. Adds it to those that are
 * to be freed, unless it is still used. */
static void replace(struct app_list *list, struct app **at, struct app **unused)
{
	struct app *old = *at, *app = successor(list, old);

	if (app == NULL)
		return;
	app->next = old->next;
	*at = app;
	if (list->fallback == old)
		set_fallback(list, app);
	old->retired = true;
	old->next = old->users == 0 ? *unused : NULL;
	if (old->users == 0)
		*unused = old;
}

void app_list_reload(struct app_list *list)
{
	struct app *unused = NULL;

	pthread_mutex_lock(&list->lock);
	for (struct app **at = &list->first; *at != NULL; at = &(*at)->next)
		replace(list, at, &unused);
	pthread_mutex_unlock(&list->lock);
	free_list(unused);
}

static struct app *find_fallback(struct app_list *list)
{
	struct config_found found;
	struct arena scratch;

	if (list->fallback != NULL)
		return list->fallback;
	arena_init(&scratch);
	config_search(&found, &scratch);
	set_fallback(list, find_app(list, &found));
	arena_fini(&scratch);
	return list->fallback;
}

static struct app *find(struct app_list *list, const char *path)
{
	const struct config_found named = { .path = path };

	return path == NULL || *path == '\0' ? find_fallback(list) :
					       find_app(list, &named);
}

/* An empty file is one that somebody is about to write. */
static bool is_changed(struct app *app)
{
	int64_t now = clock_ms();
	struct file_stamp stamp;

	if (app->path == NULL || now < app->looked_ms + LOOK_MS)
		return false;
	app->looked_ms = now;
	stamp = file_stamp_read(app->path);
	if (file_stamp_same(&stamp, &app->stamp) ||
	    (stamp.inode != 0 && stamp.size == 0))
		return false;
	app->stamp = stamp; /* if it stays it is told of that once */
	return true;
}

struct app *app_find(struct app_list *list, const char *path)
{
	struct app *app, *unused = NULL, **at = &list->first;

	pthread_mutex_lock(&list->lock);
	app = find(list, path);
	if (is_changed(app)) {
		while (*at != app)
			at = &(*at)->next;
		replace(list, at, &unused);
		app = find(list, path);
	}
	app->users++;
	pthread_mutex_unlock(&list->lock);
	free_list(unused);
	return app;
}

const char *app_reload_fault(struct app *app, struct arena *a)
{
	const char *fault;

	pthread_mutex_lock(&app->reload_lock);
	fault = *app->reload_fault == '\0' ? NULL :
					     arena_copy(a, app->reload_fault);
	pthread_mutex_unlock(&app->reload_lock);
	return fault;
}
