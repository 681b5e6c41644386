/* SPDX-License-Identifier: MIT */
#ifndef APP_APP_H
#define APP_APP_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/error.h"
#include "base/log.h"
#include "http/client.h"
#include "store/store.h"
#include "tokens/count.h"
#include "upstream/credential.h"

/*
 * What one configuration makes: shared by all requests, not changed once it
 * is loaded, but for the store and the tokenizer, which are opened by the first
 * that needs them.
 */
struct app {
	struct app *next;
	const char *path; /* of the configuration file, or NULL */
	struct arena arena;
	struct config config;
	struct log log;
	struct http_limits limits;
	struct credential *credentials;
	size_t n_credentials;
	bool broken;	    /* nothing can be served: */
	struct error error; /* … because of this */
	pthread_mutex_t store_lock;
	struct store *store;
	pthread_mutex_t tokens_lock;
	struct tokens *tokens;
	bool tokens_tried;
};

/*
 * The apps of a process by configuration file: one, unless requests name
 * others by the parameter KIMI_CONFIG. They are never unloaded.
 */
struct app_list {
	pthread_mutex_t lock;
	struct app *first;
	struct app *fallback; /* for requests that name no file */
};

void app_list_init(struct app_list *list);
void app_list_fini(struct app_list *list);

/*
 * The app for that file; NULL means the environment's KIMI_CONFIG, then
 * kimi.conf beside the program, then no file. Always answers; look at
 * `broken`.
 */
struct app *app_find(struct app_list *list, const char *path);

/* Where the database is, and what is to lie beside it. */
const char *app_folder(const struct app *app, struct arena *a);

/* The store, opened if it is not yet. NULL with ERROR_SETUP. */
struct store *app_store(struct app *app, struct error *e);

/* The tokenizer, opened if it is not yet. NULL without KIMI_VOCABULARY and
 * where it cannot be opened, which is logged once. */
const struct tokens *app_tokens(struct app *app);

#endif
