/* SPDX-License-Identifier: MIT */
#ifndef APP_CREDENTIAL_SET_H
#define APP_CREDENTIAL_SET_H

#include <pthread.h>
#include <stddef.h>

#include "base/arena.h"
#include "upstream/credential.h"

struct app;

/*
 * The credentials of this server at one moment: those of KIMI_TOKENS and those
 * in the database, without the paused ones. A set never changes: a request has
 * the same one from its beginning to its end, and the next request has another
 * one if the owner changed something.
 */
struct credential_set {
	const struct credential *items;
	size_t n;
	size_t n_paused;
	const char *fault; /* why those of the database are missing; or NULL */
};

/* Those of an app; the newest is shared by all requests. */
struct credential_sets {
	pthread_mutex_t lock;
	struct shared_set *newest; /* NULL: none was asked for yet */
};

void credential_sets_init(struct credential_sets *s);
void credential_sets_fini(struct credential_sets *s);

/* As of now; `a` is for scratch. To be given back before the app is. */
struct credential_set *credential_set_take(struct app *app, struct arena *a);
void credential_set_give_back(struct app *app, struct credential_set *set);

/* Why a set has none that could be used, and what to do. */
const char *credential_set_empty(const struct credential_set *set);

#endif
