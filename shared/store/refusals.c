/* SPDX-License-Identifier: MIT */
/* Requests that were refused, as rows and as counts. */
#include "store/refusals_internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "store/keys_internal.h"
#include "store/turns_internal.h"
#include "store/usage_sums_internal.h"

#define NOBODY "nobody"

/* Those that have no rows are added to the sums so often. */
#define SUM_UP_EVERY_MS 1000

/* A key that no caller can have: it is no fingerprint. */
static bool find_nobody(struct db *db, int64_t *row, struct error *e)
{
	struct query q;

	if (!keys_find(db, NOBODY, row, e))
		return false;
	if (*row != 0)
		return true;
	db->quiet = false;
	query_open(&q, db, DB_KEY_ADD_NOBODY);
	query_text(&q, NOBODY);
	query_int(&q, clock_wall_ms());
	return query_run(&q, e) && keys_find(db, NOBODY, row, e);
}

/* --- How many there are --- */

static const char *fingerprint_of(const struct store_owner *owner)
{
	return owner == NULL ? NOBODY : owner->fingerprint;
}

/* FNV-1a; never 0. */
static uint64_t id_of(const char *fingerprint)
{
	uint64_t id = UINT64_C(0xcbf29ce484222325);

	for (; *fingerprint != '\0'; fingerprint++)
		id = (id ^ (unsigned char)*fingerprint) *
		     UINT64_C(0x100000001b3);
	return id | 1;
}

static int64_t this_minute(void)
{
	return clock_wall_ms() / 60000;
}

static bool is_free(struct running_refusals *r)
{
	return atomic_load(&r->id) == 0 ||
	       (atomic_load(&r->minute) < this_minute() - 1 &&
		atomic_load(&r->unwritten) == 0);
}

static bool take(struct running_refusals *r, const char *fingerprint)
{
	uint64_t id = atomic_load(&r->id);

	if (!is_free(r) ||
	    !atomic_compare_exchange_strong(&r->id, &id, id_of(fingerprint)))
		return false;
	atomic_store(&r->rows, 0);
	atomic_store(&r->minute, this_minute());
	snprintf(r->fingerprint, sizeof(r->fingerprint), "%s", fingerprint);
	return true;
}

/* NULL: that many keys are refused at the same time. */
static struct running_refusals *find(struct running_file *f,
				     const char *fingerprint)
{
	struct running_refusals *all = running_file_refusals(f);
	struct running_refusals *end = all + RUNNING_REFUSALS;
	uint64_t id = id_of(fingerprint);

	for (struct running_refusals *r = all; r < end; r++)
		if (atomic_load(&r->id) == id)
			return r;
	for (struct running_refusals *r = all; r < end; r++)
		if (take(r, fingerprint))
			return r;
	return NULL;
}

/* Counts it. Whether it may have a row. */
static bool count(struct running_refusals *r)
{
	int64_t now = this_minute();

	if (atomic_exchange(&r->minute, now) != now)
		atomic_store(&r->rows, 0);
	if (atomic_fetch_add(&r->rows, 1) < STORE_REFUSED_ROWS)
		return true;
	atomic_fetch_add(&r->unwritten, 1);
	return false;
}

/* --- What is written --- */

static bool write_row(struct db *db, void *ctx, struct error *e)
{
	const struct store_refusal *r = ctx;
	const struct store_outcome o = {
		.status = r->error->kind == ERROR_CLIENT_GONE ?
				  STORE_CANCELLED :
				  STORE_REFUSED,
		.http_status = r->http_status,
		.first_token_ms = -1,
		.duration_ms = r->duration_ms,
		.error = r->error,
	};
	struct store_turn t = {
		.request = r->request,
		.dialect = r->dialect,
		.model = r->model,
		.stream = r->stream,
		.started_ms = r->started_ms,
	};

	return (r->owner == NULL ? find_nobody(db, &t.key_row, e) :
				   keys_ensure(db, r->owner, &t.key_row, e)) &&
	       turns_add_rows(db, &t, &o, e) && usage_sums_add(db, &t, &o, e);
}

bool store_refuse(struct store *s, const struct store_refusal *r,
		  struct error *e)
{
	struct running_refusals *known =
		find(&s->running, fingerprint_of(r->owner));
	struct store_refusal copy = *r;

	refusals_sum_up(s);
	if (known != NULL && !count(known))
		return true;
	if (db_run(s, DB_TURN, write_row, &copy, e))
		return true;
	if (known != NULL)
		atomic_fetch_add(&known->unwritten, 1);
	return false;
}

/* A key has a row since its first refusal, unless that could not be written. */
static bool sum_up(struct db *db, const char *fingerprint, int64_t n,
		   struct error *e)
{
	int64_t key;

	return keys_find(db, fingerprint, &key, e) &&
	       (key == 0 || usage_sums_add_refusals(db, key, n, e));
}

static void sum_up_key(struct store *s, struct running_refusals *r)
{
	uint32_t n = atomic_exchange(&r->unwritten, 0);
	struct error e;
	struct db *db;

	if (n == 0)
		return;
	db = db_begin(s, DB_TURN, &e);
	if (db == NULL || !db_end(s, db, sum_up(db, r->fingerprint, n, &e), &e))
		atomic_fetch_add(&r->unwritten, n);
}

void refusals_sum_up(struct store *s)
{
	struct running_refusals *all = running_file_refusals(&s->running);
	long long now = clock_ms(), before = atomic_load(&s->summed_up_ms);

	if (now < before + SUM_UP_EVERY_MS ||
	    !atomic_compare_exchange_strong(&s->summed_up_ms, &before, now))
		return;
	for (size_t i = 0; i < RUNNING_REFUSALS; i++)
		sum_up_key(s, &all[i]);
}

bool store_refusals_full(const char *path, const struct store_owner *owner)
{
	char *full = realpath(path, NULL);
	struct running_refusals *r;
	struct running_file f;
	bool counted;

	if (full == NULL)
		return false;
	running_file_init(&f, full);
	r = running_file_open(&f) ? find(&f, fingerprint_of(owner)) : NULL;
	counted = r != NULL && atomic_load(&r->minute) == this_minute() &&
		  atomic_load(&r->rows) >= STORE_REFUSED_ROWS && !count(r);
	running_file_fini(&f);
	free(full);
	return counted;
}
