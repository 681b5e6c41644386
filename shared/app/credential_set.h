/* SPDX-License-Identifier: MIT */
#ifndef APP_CREDENTIAL_SET_H
#define APP_CREDENTIAL_SET_H

#include <pthread.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/log.h"
#include "store/store.h"
#include "upstream/credential.h"

/*
 * The credentials of this server at one moment: those of KIMI_TOKENS and those
 * in the database. A set never changes: a request has the same one from its
 * beginning to its end, and the next request has another one if the owner
 * changed something. Those that are out of use are without their secrets.
 */
struct credential_set {
	const struct credential *items; /* that can be used */
	size_t n;
	const struct credential *paused;
	size_t n_paused;
	const struct credential *unreadable; /* because of the fault */
	size_t n_unreadable;
	const char *fault; /* why those of the database are missing; or NULL */
};

/* The newest is shared by all requests. */
struct credential_sets {
	pthread_mutex_t lock;
	struct shared_set *newest;	   /* NULL: none was asked for yet */
	const struct credential *settings; /* those of KIMI_TOKENS */
	size_t n_settings;
	const char *key_path; /* key_file.h */
	const struct log *log;
};

/* The rest is filled by the caller, and lives as long. */
void credential_sets_init(struct credential_sets *s);
void credential_sets_fini(struct credential_sets *s);

/* As of now; `a` is for scratch. Without a store, because of `why`, there are
 * those of the settings. */
struct credential_set *credential_set_take(struct credential_sets *sets,
					   struct store *store,
					   const struct error *why,
					   struct arena *a);
void credential_set_give_back(struct credential_sets *sets,
			      struct credential_set *set);

/* Why a set has none that could be used, and what to do. */
const char *credential_set_empty(const struct credential_set *set);

#endif
