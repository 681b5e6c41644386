/* SPDX-License-Identifier: MIT */
/* Which credentials this server has now. */
#include "app/credential_set.h"

#include <stdlib.h>
#include <string.h>

#include "app/key_file.h"
#include "base/clock.h"
#include "base/text.h"
#include "store/kept_credentials.h"

/* How soon a set is made anew from which something is missing. */
#define AGAIN_MS 2000

struct shared_set {
	struct credential_set set; /* first: what requests see */
	struct credential *items, *paused, *unreadable;
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
static void add_of_settings(struct shared_set *s,
			    const struct credential_sets *sets,
			    const struct kept_list *kept)
{
	for (size_t i = 0; i < sets->n_settings; i++) {
		const struct credential *c = &sets->settings[i];
		const struct kept_credential *row = find(kept, c->fingerprint);

		if (row == NULL)
			s->items[s->set.n++] = *c;
		else if (row->sealed == NULL)
			s->paused[s->set.n_paused++] = *c;
	}
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

static void add_paused(struct shared_set *s, const struct kept_credential *row)
{
	store_kept_describe(row, &s->paused[s->set.n_paused++], &s->arena);
}

static void add_kept(struct shared_set *s, const struct kept_credential *row,
		     const char *key)
{
	if (key != NULL &&
	    store_kept_open(row, key, &s->items[s->set.n], &s->arena))
		s->set.n++;
	else
		store_kept_describe(row, &s->unreadable[s->set.n_unreadable++],
				    &s->arena);
}

static void add_of_database(struct shared_set *s, const char *path,
			    const struct kept_list *kept, struct arena *a)
{
	const char *key = NULL;
	struct error e = { .message = "" };

	for (size_t i = 0; i < kept->n; i++) {
		const struct kept_credential *row = &kept->rows[i];

		if (row->sealed == NULL)
			continue;
		if (row->paused_at != 0) {
			add_paused(s, row);
			continue;
		}
		if (key == NULL && e.message[0] == '\0')
			key = key_file_read(path, a, &e);
		add_kept(s, row, key);
	}
	if (s->set.n_unreadable > 0)
		s->set.fault = key == NULL ? arena_copy(&s->arena, e.message) :
					     foreign_key(&s->arena, path,
							 s->set.n_unreadable);
}

/* What a set is made of. */
struct source {
	struct credential_sets *sets;
	struct store *store; /* NULL: it cannot be read, because of … */
	struct error why;    /* … this */
	struct kept_stamp stamp;
	struct arena *arena; /* scratch */
};

static struct credential *room_for(struct shared_set *s,
				   const struct source *from,
				   const struct kept_list *kept)
{
	return arena_array(&s->arena, from->sets->n_settings + kept->n + 1,
			   sizeof(struct credential));
}

static struct shared_set *make(const struct source *from)
{
	struct shared_set *s = calloc(1, sizeof(*s));
	struct kept_list kept = { 0 };
	struct error why = from->why;

	if (s == NULL)
		abort();
	arena_init(&s->arena);
	s->users = 1;
	s->stamp = from->stamp;
	s->again_ms = clock_ms() + AGAIN_MS;
	if (from->store == NULL ||
	    (from->stamp.n > 0 && !store_kept_list(from->store, &kept.rows,
						   &kept.n, from->arena, &why)))
		s->set.fault = arena_copy(&s->arena, why.message);
	s->set.items = s->items = room_for(s, from, &kept);
	s->set.paused = s->paused = room_for(s, from, &kept);
	s->set.unreadable = s->unreadable = room_for(s, from, &kept);
	add_of_settings(s, from->sets, &kept);
	add_of_database(s, from->sets->key_path, &kept, from->arena);
	return s;
}

/* --- Sharing it --- */

static bool is_new_enough(const struct shared_set *s, const struct source *now)
{
	if (s == NULL || (s->set.fault != NULL && clock_ms() >= s->again_ms))
		return false;
	return now->store == NULL ||
	       memcmp(&s->stamp, &now->stamp, sizeof(s->stamp)) == 0;
}

/* With the lock. Each fault is logged once: requests do not fail as long as
 * there are other credentials. */
static void renew(const struct source *now)
{
	struct credential_sets *sets = now->sets;
	struct shared_set *old = sets->newest;
	const char *fault;

	sets->newest = make(now);
	fault = sets->newest->set.fault;
	if (fault != NULL && (old == NULL || !text_same(old->set.fault, fault)))
		log_line(sets->log, LOG_ERROR, NULL, "credentials", "%s",
			 fault);
	drop(old);
}

struct credential_set *credential_set_take(struct credential_sets *sets,
					   struct store *store,
					   const struct error *why,
					   struct arena *a)
{
	struct source now = { .sets = sets, .store = store, .arena = a };
	struct shared_set *set;

	if (store == NULL)
		now.why = *why;
	else if (!store_kept_stamp(store, &now.stamp, a, &now.why))
		now.store = NULL;
	pthread_mutex_lock(&sets->lock);
	if (!is_new_enough(sets->newest, &now))
		renew(&now);
	set = sets->newest;
	set->users++;
	pthread_mutex_unlock(&sets->lock);
	return &set->set;
}

void credential_set_give_back(struct credential_sets *sets,
			      struct credential_set *set)
{
	pthread_mutex_lock(&sets->lock);
	drop((struct shared_set *)set); /* its first member */
	pthread_mutex_unlock(&sets->lock);
}

const char *credential_set_empty(const struct credential_set *set)
{
	if (set->fault != NULL)
		return set->fault;
	return set->n_paused > 0 ?
		       "All Kimi credentials of this server are paused: resume "
		       "one with 'kimi-proxy credential resume'." :
		       "This server has no Kimi credentials: set KIMI_TOKENS, "
		       "or run 'kimi-proxy credential add'.";
}
