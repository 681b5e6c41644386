/* SPDX-License-Identifier: MIT */
#ifndef APP_APP_LIST_H
#define APP_APP_LIST_H

#include <pthread.h>

#include "app/app.h"
#include "base/memory.h"

/*
 * The apps of a process, by configuration file. There is one, unless requests
 * name other files with the parameter KIMI_CONFIG. They stay loaded until
 * app_list_fini or until another takes their place. Any thread may call
 * app_find and app_release.
 */
struct app_list {
	pthread_mutex_t lock;
	struct app *first;
	struct app *fallback;	      /* for requests that name no file */
	struct memory memory;	      /* of all of them */
	pthread_mutex_t loading;      /* see libcurl_load */
	struct chat_sweeper *sweeper; /* app/relay/chat_sweeper.h, or NULL */

	/* Called with the settings of each new fallback, unless it is NULL; must
	 * not call anything of this header. */
	void (*on_fallback)(void *ctx, const struct config *config);
	void *ctx;
};

void app_list_init(struct app_list *list);

/* Only when no request uses an app any more. */
void app_list_fini(struct app_list *list);

/* Instead, for a process that ends after one request: store_leave. */
void app_list_leave(struct app_list *list);

/*
 * Reads all configuration files again. Requests that come from now on are
 * served by what they say; those that run keep the app they have, which goes
 * with the last of them. A file that is invalid now is refused: the log says
 * why, and its old app stays.
 */
void app_list_reload(struct app_list *list);

/*
 * The app for the configuration file `path`. NULL means the one that
 * config_search finds, or none. Never NULL: see `broken`. The list owns it, and
 * keeps it until app_release. A file that was changed is read again, as
 * app_list_reload does; it is looked at once a second at most.
 */
struct app *app_find(struct app_list *list, const char *path);
void app_release(struct app_list *list, struct app *app);

/* Why the last reload kept this app; NULL if it did not have to. */
const char *app_reload_fault(struct app *app, struct arena *a);

#endif
