/* SPDX-License-Identifier: MIT */
#ifndef APP_OWNER_CREDENTIALS_H
#define APP_OWNER_CREDENTIALS_H

#include "app/app.h"
#include "upstream/upstream.h"

/*
 * What the owner of a server does with its credentials, by a command or a page.
 * Requests notice it at once (credential_set.h).
 */

/* One of the settings or of the database. */
struct owner_credential {
	struct credential credential; /* secret NULL: it cannot be decrypted */
	const char *fault;	      /* … because of this; else NULL */
	int64_t paused_at;	      /* wall clock, ms; 0: it is in use */
	bool in_settings; /* of the database, and in KIMI_TOKENS, too */
};

/* All of them, those of the settings first, in the arena. */
bool owner_credentials_list(struct app *app, struct owner_credential **list,
			    size_t *n, struct arena *a, struct error *e);

/* The one with that name or label; ERROR_NOT_FOUND, or ERROR_VALUE if several
 * have that label. */
bool owner_credentials_find(struct app *app, const char *name,
			    struct owner_credential *found, struct arena *a,
			    struct error *e);

struct owner_addition {
	const struct upstream *service;
	const char *secret;
	const char *name;		   /* NULL: one is made up */
	const struct access_token *access; /* that came with it; or NULL */
	const char *host;		   /* that it is good for; or NULL */
	const char *device;		   /* that it was given to; or NULL */
};

/* Whether one could be added, with that name if it is not NULL: before somebody
 * signs in for it. Makes the key file. */
bool owner_credentials_prepare(struct app *app, const char *name,
			       struct arena *a, struct error *e);

/* On disk when it returns, with the name in `*name`. ERROR_VALUE if something
 * of it is wrong. */
bool owner_credentials_add(struct app *app,
			   const struct owner_addition *new_one,
			   const char **name, struct arena *a, struct error *e);

bool owner_credentials_pause(struct app *app, const char *name, struct arena *a,
			     struct error *e);

/* Ends its cooldown as well, whatever it began with. */
bool owner_credentials_resume(struct app *app, const char *name,
			      struct arena *a, struct error *e);

/* Only one of the database can be removed; what is in the settings, too, stays
 * there. Requests that use it end normally. */
bool owner_credentials_remove(struct app *app, const char *name,
			      struct arena *a, struct error *e);

#endif
