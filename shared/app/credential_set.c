/* SPDX-License-Identifier: MIT */
/* Which credentials this server has now. */
#include "app/credential_set.h"

#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "app/config_search.h"
#include "app/key_file.h"
#include "base/clock.h"
#include "base/text.h"
#include "store/kept_credentials.h"

/* How soon a set is made anew from which something is missing. */
#define AGAIN_MS 2000

struct shared_set {
	struct credential_set set; /* first: what requests see */
	struct credential *items;
	struct kept_stamp stamp;
	int64_t again_ms; /* clock_ms; of one with a fault */
	size_t users;	  /* with the newest one's own */
	struct arena arena;
};

void credential_sets_init(struct credential_sets *s)
{
	*s = (struct credential_sets){ 0 };
	pthread_mutex_init(&s->lock, NULL);
}

/* With the lock. */
static void drop(struct shared_set *s)
{
	if (s == NULL || --s->users > 0)
		return;
	arena_fini(&s->arena);
	free(s);
}

void credential_sets_fini(struct credential_sets *s)
{
	drop(s->newest);
	pthread_mutex_destroy(&s->lock);
}

/* --- Making one --- */

struct kept_list {
	struct kept_credential *rows;
	size_t n;
};

static const struct kept_credential *find(const struct kept_list *kept,
					  const char *fingerprint)
{
	for (size_t i = 0; i < kept->n; i++)
		if (strcmp(kept->rows[i].fingerprint, fingerprint) == 0)
			return &kept->rows[i];
	return NULL;
}

/* Unless one is paused, or the owner gave it a name in the database. */
static void add_of_settings(struct shared_set *s, const struct app *app,
			    const struct kept_list *kept)
{
	for (size_t i = 0; i < app->n_credentials; i++) {
		const struct credential *c = &app->credentials[i];
		const struct kept_credential *row = find(kept, c->fingerprint);

		if (row == NULL)
			s->items[s->set.n++] = *c;
		else if (row->sealed == NULL)
			s->set.n_paused++;
	}
}

static bool add_kept(struct shared_set *s, const struct kept_credential *row,
		     const char *key)
{
	struct credential *c = &s->items[s->set.n];
	struct error ignored;
	const char *secret =
		secret_open(&s->arena, key, row->sealed, row->sealed_length);

	if (secret == NULL ||
	    !credential_parse(c, &s->arena,
			      arena_printf(&s->arena, "%s:%s", row->service,
					   secret),
			      &ignored))
		return false;
	c->label = arena_copy(&s->arena, row->name);
	c->kept = true;
	s->set.n++;
	return true;
}

static const char *foreign_key(struct arena *a, const char *path, size_t n)
{
	return arena_printf(a,
			    "%s is not the key that %zu credential%s of the "
			    "database %s encrypted with. Put the right one "
			    "back from the backup, or remove %s and add %s "
			    "again.",
			    path, n, n == 1 ? "" : "s", n == 1 ? "was" : "were",
			    n == 1 ? "it" : "them", n == 1 ? "it" : "them");
}

static void add_of_database(struct shared_set *s, const struct app *app,
			    const struct kept_list *kept, struct arena *a)
{
	const char *path = app_key_path(app, a), *key = NULL;
	size_t n_foreign = 0;
	struct error e;

	for (size_t i = 0; i < kept->n; i++) {
		const struct kept_credential *row = &kept->rows[i];

		if (row->sealed == NULL)
			continue;
		if (key == NULL && (key = key_file_read(path, a, &e)) == NULL) {
			s->set.fault = arena_copy(&s->arena, e.message);
			return;
		}
		if (row->paused_at != 0)
			s->set.n_paused++;
		else
			n_foreign += !add_kept(s, row, key);
	}
	if (n_foreign > 0)
		s->set.fault = foreign_key(&s->arena, path, n_foreign);
}

/* Without the database those of the settings are still there. */
static struct shared_set *make(struct app *app, const struct kept_stamp *stamp,
			       struct arena *a, const struct error *why)
{
	struct shared_set *s = calloc(1, sizeof(*s));
	struct kept_list kept = { 0 };
	struct error e;

	if (s == NULL)
		abort();
	arena_init(&s->arena);
	s->users = 1;
	if (stamp == NULL)
		s->set.fault = arena_copy(&s->arena, why->message);
	else if (stamp->n > 0 &&
		 !store_kept_list(app->store, &kept.rows, &kept.n, a, &e))
		s->set.fault = arena_copy(&s->arena, e.message);
	s->items = arena_array(&s->arena, app->n_credentials + kept.n + 1,
			       sizeof(*s->items));
	s->set.items = s->items;
	s->stamp = stamp == NULL ? (struct kept_stamp){ 0 } : *stamp;
	s->again_ms = clock_ms() + AGAIN_MS;
	add_of_settings(s, app, &kept);
	add_of_database(s, app, &kept, a);
	return s;
}

/* --- Sharing it --- */

static bool is_new_enough(const struct shared_set *s,
			  const struct kept_stamp *stamp)
{
	if (s == NULL)
		return false;
	if (s->set.fault != NULL && clock_ms() >= s->again_ms)
		return false;
	return stamp == NULL || memcmp(&s->stamp, stamp, sizeof(*stamp)) == 0;
}

/* Once for each fault: requests do not fail as long as there are others. */
static void report(const struct app *app, const struct shared_set *old,
		   const struct shared_set *new)
{
	const char *before = old == NULL ? NULL : old->set.fault;

	if (new->set.fault != NULL && !text_same(before, new->set.fault))
		log_line(&app->log, LOG_ERROR, NULL, "credentials", "%s",
			 new->set.fault);
}

/* With the lock. */
static void renew(struct app *app, const struct kept_stamp *stamp,
		  struct arena *a, const struct error *why)
{
	struct shared_set *old = app->sets.newest;

	app->sets.newest = make(app, stamp, a, why);
	report(app, old, app->sets.newest);
	drop(old);
}

struct credential_set *credential_set_take(struct app *app, struct arena *a)
{
	struct kept_stamp stamp;
	struct shared_set *set;
	struct error e;
	struct store *store = app_store(app, &e);
	bool known = store != NULL && store_kept_stamp(store, &stamp, a, &e);

	pthread_mutex_lock(&app->sets.lock);
	if (!is_new_enough(app->sets.newest, known ? &stamp : NULL))
		renew(app, known ? &stamp : NULL, a, &e);
	set = app->sets.newest;
	set->users++;
	pthread_mutex_unlock(&app->sets.lock);
	return &set->set;
}

void credential_set_give_back(struct app *app, struct credential_set *set)
{
	pthread_mutex_lock(&app->sets.lock);
	drop((struct shared_set *)set); /* its first member */
	pthread_mutex_unlock(&app->sets.lock);
}

const char *credential_set_empty(const struct credential_set *set)
{
	if (set->fault != NULL)
		return set->fault;
	return set->n_paused > 0 ?
		       "All Kimi credentials of this server are paused: run "
		       "'kimi-proxy credential resume'." :
		       "This server has no Kimi credentials: set KIMI_TOKENS, "
		       "or run 'kimi-proxy credential add'.";
}
