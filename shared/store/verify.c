/* SPDX-License-Identifier: MIT */
/* Checks that the database is whole and agrees with itself. */
#include "store/verify.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "store/db_internal.h"
#include "store/interrupted_internal.h"
#include "store/slots_internal.h"
#include "store/usage_sums_internal.h"

#define MIB (INT64_C(1024) * 1024)

/* What a log may take, and what must be left for it and for a checkpoint. */
#define LONG_LOG (64 * MIB)
#define LITTLE_ROOM (128 * MIB)

#define NEVER INT64_MAX

/* Of many findings so many are told. */
#define MOST_TOLD 3

struct verification {
	struct store *store;
	struct db *db;
	struct arena *arena;
	const struct store_watch *watch;
	struct store_check *out;
	size_t *n; /* of them so far */
};

/* --- By statements that return what is wrong, a text in a row --- */

struct findings {
	const char *all; /* NULL: none */
	int64_t n;
};

/* Closes the statement. */
static bool gather(struct verification *v, struct query *q, struct findings *f,
		   struct error *e)
{
	while (query_row(q)) {
		const char *text = query_get_text(q, 0, v->arena);

		if (f->n++ < MOST_TOLD)
			f->all = f->all == NULL ?
					 text :
					 arena_printf(v->arena, "%s; %s",
						      f->all, text);
	}
	return query_close(q, e);
}

static const char *told(struct verification *v, const struct findings *f)
{
	if (f->n <= MOST_TOLD)
		return f->all;
	return arena_printf(v->arena, "%s; and %" PRId64 " more", f->all,
			    f->n - MOST_TOLD);
}

static bool collect(struct verification *v, enum db_statement which,
		    const char **found, struct error *e)
{
	struct findings f = { 0 };
	struct query q;
	bool ok;

	query_open(&q, v->db, which);
	ok = gather(v, &q, &f, e);
	*found = told(v, &f);
	return ok;
}

/* Some damage ends the check itself. */
static bool check_file(struct verification *v, const char **found,
		       struct error *e)
{
	if (!collect(v, DB_VERIFY_INTEGRITY, found, e)) {
		if (v->db->fault.code != SQLITE_CORRUPT)
			return false;
		v->db->fault.code = 0;
		if (*found == NULL)
			*found = sqlite3_errstr(SQLITE_CORRUPT);
		return true;
	}
	if (*found != NULL && strcmp(*found, "ok") == 0)
		*found = NULL;
	return true;
}

static bool check_references(struct verification *v, const char **found,
			     struct error *e)
{
	return collect(v, DB_VERIFY_REFERENCES, found, e);
}

static bool check_states(struct verification *v, const char **found,
			 struct error *e)
{
	return collect(v, DB_VERIFY_STATES, found, e);
}

static bool check_leases(struct verification *v, const char **found,
			 struct error *e)
{
	return collect(v, DB_VERIFY_LEASES, found, e);
}

static bool check_reservations(struct verification *v, const char **found,
			       struct error *e)
{
	return collect(v, DB_VERIFY_RESERVATIONS, found, e);
}

static bool check_kept(struct verification *v, const char **found,
		       struct error *e)
{
	return collect(v, DB_VERIFY_KEPT, found, e);
}

/* --- Sums of usage, a day at a time --- */

/* The next moment of which there is a row, or NEVER. */
static bool next_used(struct db *db, int64_t *at, struct error *e)
{
	struct query q;

	query_open(&q, db, DB_VERIFY_USAGE_NEXT);
	query_int(&q, *at);
	*at = query_row(&q) ? query_get_number(&q, 0, NEVER) : NEVER;
	return query_close(&q, e);
}

static bool compare(struct verification *v, enum db_statement which,
		    int64_t from, int64_t to, struct findings *f,
		    struct error *e)
{
	struct query q;

	query_open(&q, v->db, which);
	query_int(&q, from);
	query_int(&q, to);
	return gather(v, &q, f, e);
}

/* From `first` on; what comes before `whole`, as old days. */
static bool compare_all(struct verification *v, enum db_statement which,
			int64_t first, int64_t whole, const char **found,
			struct error *e)
{
	struct findings f = { 0 };
	int64_t at = first;

	while (next_used(v->db, &at, e)) {
		int64_t day = at - at % USAGE_DAY_MS;
		int64_t from = day < first ? first : day;

		if (at > NEVER - USAGE_DAY_MS) {
			*found = told(v, &f);
			return true;
		}
		at = day + USAGE_DAY_MS;
		if (!compare(v, from < whole ? DB_VERIFY_USAGE_OLD_DAYS : which,
			     from, at, &f, e))
			return false;
	}
	return false;
}

static bool check_quarters(struct verification *v, const char **found,
			   struct error *e)
{
	int64_t first;

	return query_read_int(v->db, DB_USAGE_FIRST_QUARTER, &first, e) &&
	       compare_all(v, DB_VERIFY_USAGE_QUARTERS, first, first, found, e);
}

/* By quarters, from the first day on of which all are kept. */
static bool check_days(struct verification *v, const char **found,
		       struct error *e)
{
	int64_t whole;

	if (!query_read_int(v->db, DB_USAGE_FIRST_QUARTER, &whole, e))
		return false;
	if (whole % USAGE_DAY_MS != 0 && whole != NEVER)
		whole += USAGE_DAY_MS - whole % USAGE_DAY_MS;
	return compare_all(v, DB_VERIFY_USAGE_DAYS, 0, whole, found, e);
}

static bool check_totals(struct verification *v, const char **found,
			 struct error *e)
{
	return collect(v, DB_VERIFY_USAGE_TOTALS, found, e);
}

/* --- By what the system says --- */

static bool check_log(struct verification *v, const char **found,
		      struct error *e)
{
	const char *path = arena_printf(v->arena, "%s-wal", v->store->path);
	struct stat st;

	(void)e;
	if (stat(path, &st) == 0 && st.st_size > LONG_LOG)
		*found = arena_printf(v->arena, "%s has %" PRId64 " MiB", path,
				      (int64_t)st.st_size / MIB);
	return true;
}

static bool check_room(struct verification *v, const char **found,
		       struct error *e)
{
	struct statvfs fs;
	int64_t room;

	(void)e;
	if (statvfs(v->store->path, &fs) != 0)
		return true;
	room = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
	if (room < LITTLE_ROOM)
		*found = arena_printf(v->arena, "only %" PRId64 " MiB are free",
				      room / MIB);
	return true;
}

/* --- All of them --- */

#define UNEQUAL                                                                 \
	"Sums of usage are not those of the requests. After deleting requests " \
	"by hand the sums are right, and stay so; else report this."

static const struct {
	const char *name;
	bool (*check)(struct verification *v, const char **found,
		      struct error *e);
	const char *advice;
} checks[] = {
	/* The first one: of a damaged file all others fail. */
	{ "file", check_file,
	  "The file is damaged: stop the server, keep a copy of the file, and "
	  "restore a backup." },
	{ "references", check_references,
	  "Rows refer to others that are not there, as after deleting some by "
	  "hand: restore a backup, or delete these, too." },
	{ "states", check_states,
	  "Requests have ended and have not: report this, with these ids." },
	{ "leases", check_leases,
	  "Processes that run no more still have something: report this." },
	{ "reservations", check_reservations,
	  "Budgets are reserved for requests that do not run: report this." },
	{ "space of keys", check_kept,
	  "What keys keep is not what is counted, as after deleting rows by "
	  "hand: set keys.kept to what there is." },
	{ "usage by quarters", check_quarters, UNEQUAL },
	{ "usage by days", check_days, UNEQUAL },
	{ "usage in all", check_totals, UNEQUAL },
	{ "log", check_log,
	  "A program reads the database in a transaction that does not end, "
	  "such as an open sqlite3 shell: end it." },
	{ "disk", check_room,
	  "Make room, or let the program delete more (settings KIMI_KEEP_DAYS "
	  "and KIMI_MAX_DB)." },
};

#define CHECKS (sizeof(checks) / sizeof(*checks))

static_assert(CHECKS <= STORE_CHECKS, "there is a place for each");

static bool put_right(struct store *s, struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);

	if (db == NULL ||
	    !db_end(s, db, interrupted_close(db, e) && slots_expire(db, e), e))
		return false;
	store_empty_log(s);
	return true;
}

/* A transaction that has met damage cannot be committed. */
static bool run_next(struct verification *v, struct error *e)
{
	size_t i = *v->n;
	struct store_check *check = &v->out[i];
	bool ok;

	if (v->watch != NULL)
		v->watch->tell(v->watch->ctx, (int64_t)i, CHECKS);
	*check = (struct store_check){ .name = checks[i].name };
	v->db = db_begin(v->store, DB_READ, e);
	if (v->db == NULL)
		return false;
	ok = checks[i].check(v, &check->found, e);
	db_abandon(v->store, v->db);
	if (check->found != NULL)
		check->advice = checks[i].advice;
	++*v->n;
	return ok;
}

bool store_verify(struct store *s, const struct store_watch *watch,
		  struct store_check out[STORE_CHECKS], size_t *n,
		  struct arena *a, struct error *e)
{
	struct verification v = {
		.store = s, .arena = a, .watch = watch, .out = out, .n = n
	};

	*n = 0;
	if (!run_next(&v, e))
		return false;
	if (out[0].found != NULL)
		return true;
	if (!put_right(s, e))
		return false;
	while (*n < CHECKS)
		if (!run_next(&v, e))
			return false;
	return true;
}
