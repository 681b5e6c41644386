/* SPDX-License-Identifier: MIT */
#ifndef APP_APP_H
#define APP_APP_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "app/config_search.h"
#include "app/credential_set.h"
#include "app/document_root.h"
#include "app/newcomers.h"
#include "app/server_keys.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/error.h"
#include "base/file_stamp.h"
#include "base/log.h"
#include "base/time_zone.h"
#include "http/client.h"
#include "store/store.h"
#include "tokens/usage.h"
#include "upstream/credential.h"

/*
 * Everything that depends on one configuration, shared by all requests that use
 * it. Nothing changes after loading except the store, the tokenizer and the time
 * zone, which are opened by the first request that needs them, and what is
 * remembered of newcomers, of document roots and of a reload.
 */
struct app {
	struct app *next;
	size_t users; /* that have yet to release it; under the list's lock */
	bool retired; /* another took its place in the list; likewise */
	const char *path;	 /* of the configuration file, or NULL */
	struct file_stamp stamp; /* of that file; under the list's lock … */
	int64_t looked_ms;	 /* … and so is when it was looked at */
	struct arena arena;
	struct config config;
	struct server_keys keys;
	struct log log;
	struct http_settings http;
	struct credential *credentials; /* of the settings: credential_set.h */
	size_t n_credentials;
	struct credential_sets sets;
	const char *log_fault;	 /* why its log cannot be opened, or NULL */
	bool refused;		 /* its file was found, but not read, and … */
	const char *why_refused; /* … this is why, for the log */
	bool broken;		 /* the configuration is invalid: … */
	struct error error;	 /* … every request gets this */
	pthread_mutex_t reload_lock;
	char reload_fault[512]; /* why a reload kept it; "": none did */
	pthread_mutex_t store_lock;
	struct store *store;
	struct error store_fault;  /* why it could not be opened, as logged */
	pthread_mutex_t lazy_lock; /* of what needs the arena later on */
	const struct time_zone *zone; /* NULL: not needed yet */
	struct tokenizer *tokens;
	bool tokens_tried;
	struct newcomers newcomers;
	struct document_roots roots;
};

/*
 * An app that no list has, for a program that is no server: nothing is logged
 * of what loading found. `found` may end before it.
 */
struct app *app_open(const struct config_found *found);
void app_close(struct app *app);

/* The database of this configuration, which was read from the file `path`. */
const char *app_database(struct arena *a, const struct config *config,
			 const char *path);

/* The database's folder, where temporary files go as well. */
const char *app_folder(const struct app *app, struct arena *a);

/* This server's credentials as of now, to be given back to `sets`. */
struct credential_set *app_credentials(struct app *app, struct arena *a);

/* The store, opened on first use and owned by the app. NULL with ERROR_SETUP,
 * or ERROR_FULL if it is locked for too long. */
struct store *app_store(struct app *app, struct error *e);

bool app_store_is_open(struct app *app);

/* store_check, also for one that is not open yet: two seconds at most. */
bool app_store_check(struct app *app, int64_t age_ms, struct error *e);

/* The owner's time zone, which lives as long as the app. */
const struct time_zone *app_time_zone(struct app *app);

/* The tokenizer, opened on first use and owned by the app. NULL without
 * KIMI_VOCABULARY, and if it cannot be opened, which is logged once. */
const struct tokenizer *app_tokens(struct app *app);

#endif
