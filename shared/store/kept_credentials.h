/* SPDX-License-Identifier: MIT */
#ifndef STORE_KEPT_CREDENTIALS_H
#define STORE_KEPT_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "store/store.h"
#include "upstream/credential.h"
#include "upstream/upstream.h"

/*
 * What the owner decided about credentials: those that are kept here, beside
 * the ones of the settings, and which of both are paused.
 */
struct kept_credential {
	const char *fingerprint, *label;
	const char *name, *service; /* NULL: it is one of the settings */
	const void *sealed;	    /* its secret; likewise */
	size_t sealed_length;
	int64_t added_at;  /* wall clock, ms; 0: likewise */
	int64_t paused_at; /* 0: it is in use */
};

/* Differs after any change of them, whichever process made it. */
struct kept_stamp {
	int64_t n, added, paused;
};

bool store_kept_stamp(struct store *s, struct kept_stamp *stamp,
		      struct arena *a, struct error *e);

/* All of them in the arena, in the order they were added. */
bool store_kept_list(struct store *s, struct kept_credential **list, size_t *n,
		     struct arena *a, struct error *e);

/* The credential without its secret, in the arena: its label is its name. */
void store_kept_describe(const struct kept_credential *k, struct credential *c,
			 struct arena *a);

/* The credential itself, in the arena: its label is its name. False if `key` is
 * not what it was encrypted with. */
bool store_kept_open(const struct kept_credential *k, const char *key,
		     struct credential *c, struct arena *a);

/* A new one. Its tokens, host and device, if it has any yet, are stored with it, or
 * nothing is. */
struct kept_addition {
	const struct credential *credential;
	const char *name;
	const void *sealed; /* the secret, as store_kept_list returns it */
	size_t sealed_length;
	const struct access_token *access; /* NULL: none yet */
	const char *host;		   /* NULL: not known */
	const char *device;		   /* likewise */
};

/* ERROR_VALUE if the name is taken. */
bool store_kept_name_is_new(struct store *s, const char *name, struct arena *a,
			    struct error *e);

/* On disk when it returns. ERROR_VALUE if the name is taken, or the credential
 * is here already. */
bool store_kept_add(struct store *s, const struct kept_addition *new_one,
		    struct arena *a, struct error *e);

bool store_kept_pause(struct store *s, const struct credential *c,
		      struct error *e);

/* Ends a pause and a cooldown, and forgets what failed. */
bool store_kept_resume(struct store *s, const struct credential *c,
		       struct error *e);

/* Leaves it to the settings, which have it, too: whether it is paused and all
 * that is stored about it stays. */
bool store_kept_give_back(struct store *s, const char *fingerprint,
			  struct error *e);

/* With all that is stored about it: tokens, cooldown, notes, quotas. */
bool store_kept_remove(struct store *s, const char *fingerprint,
		       struct error *e);

#endif
