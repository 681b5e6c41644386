/* SPDX-License-Identifier: MIT */
/* Closes the requests of processes that were killed. */
#include "store/interrupted_internal.h"

#include "base/clock.h"
#include "store/running_read_internal.h"
#include "store/turn_lock_internal.h"
#include "store/turn_outcome_internal.h"
#include "store/turns_internal.h"

#define EVERY_MS 1000

struct dead_block {
	uint32_t n;
	int64_t owner;
};

struct survey {
	struct db *db;
	struct dead_block *dead;
	size_t n, room;
	bool *kept; /* by number: part of a note that is needed */
	struct arena arena, scratch;
};

static void add_dead(void *ctx, uint32_t n)
{
	struct survey *s = ctx;

	s->dead = arena_grow(&s->arena, s->dead, &s->room, s->n + 1,
			     sizeof(*s->dead));
	s->dead[s->n++] = (struct dead_block){
		.n = n, .owner = running_file_owner(s->db->running, n)
	};
}

static void keep(void *ctx, uint32_t n)
{
	struct survey *s = ctx;

	s->kept[n] = true;
}

/* What is known of the request's row. */
struct found {
	int64_t seq, conversation;
	bool runs;
};

static bool find_row(struct db *db, const char *request, struct found *found,
		     struct error *e)
{
	struct query q;

	*found = (struct found){ 0 };
	query_open(&q, db, DB_REQUEST_FIND);
	query_text(&q, request);
	if (query_row(&q)) {
		found->seq = query_get_int(&q, 0);
		found->runs = query_get_int(&q, 1) != 0;
		found->conversation = query_get_int(&q, 2);
	}
	return query_close(&q, e);
}

static bool close_one(struct db *db, struct store_turn *t,
		      const struct running_note *note, const char *text,
		      struct arena *a, struct error *e)
{
	struct error why = { .kind = ERROR_INTERNAL };
	struct store_outcome o = {
		.status = STORE_INTERRUPTED,
		.credential_label = note->credential,
		.service = note->service,
		.region = note->region,
		.reply = note->replies,
		.usage = note->usage,
		.first_token_ms = -1,
		.duration_ms = -1,
		.error = &why,
		.chat_touched = true,
	};
	struct turn_mark mark;

	error_set(&why, ERROR_INTERNAL, "%s", text);
	return turns_read_mark(db, t, &mark, e) &&
	       turn_outcome_write(db, t, &o, t->ephemeral || mark.deleted, a,
				  e) &&
	       db_write_kept(db, e);
}

/* Its note is freed once the row is known to be committed. */
static bool close_note(struct survey *s, uint32_t first, struct error *e)
{
	struct running_file *f = s->db->running;
	struct running_note note;
	struct store_turn *t = &note.turn;
	struct found row;

	if (!running_read(f, first, &note, &s->scratch))
		return true;
	if (!find_row(s->db, t->request, &row, e))
		return false;
	if (row.seq != 0 && !row.runs && !s->db->joined)
		return true;
	running_file_each_of(f, first, keep, s);
	if (row.seq != 0 && !row.runs)
		return true;
	t->row = row.seq;
	t->conversation_row = row.conversation;
	if (t->row == 0)
		t->store_as = NULL;
	return turns_find_key(s->db, t, e) &&
	       close_one(s->db, t, &note,
			 running_file_owner(f, first) == f->owners.own ?
				 TURN_LOCK_UNRECORDED :
				 TURN_LOCK_INTERRUPTED,
			 &s->scratch, e);
}

/* What was freed may have a new owner by now. */
static void free_others(struct survey *s)
{
	struct running_file *f = s->db->running;

	for (size_t i = 0; i < s->n; i++) {
		const struct dead_block *b = &s->dead[i];

		if (s->kept[b->n] || running_file_owner(f, b->n) != b->owner)
			continue;
		running_file_take_back(f, b->n);
		running_file_free_all(f, b->n);
	}
}

static bool close_notes(struct db *db, struct error *e)
{
	struct survey s = { .db = db };
	bool ok = true;

	if (!running_file_open(db->running))
		return true;
	arena_init(&s.arena);
	arena_init(&s.scratch);
	running_file_each_dead(db->running, add_dead, &s);
	if (s.n > 0)
		s.kept = arena_array(&s.arena, RUNNING_BLOCKS + 1,
				     sizeof(*s.kept));
	for (size_t i = 0; ok && i < s.n; i++) {
		ok = close_note(&s, s.dead[i].n, e);
		arena_reset(&s.scratch);
	}
	if (ok)
		free_others(&s);
	arena_fini(&s.scratch);
	arena_fini(&s.arena);
	return ok;
}

static void read_row(struct query *q, struct store_turn *t, struct arena *a)
{
	static const struct store_as stored;

	*t = (struct store_turn){
		.row = query_get_int(q, 0),
		.request = query_get_text(q, 1, a),
		.key_row = query_get_int(q, 2),
		.conversation_row = query_get_int(q, 3),
		.dialect = query_get_text(q, 4, a),
		.model = query_get_text(q, 5, a),
		.stream = query_get_int(q, 6) != 0,
		.started_ms = query_get_int(q, 7),
		.store_as = query_get_int(q, 8) != 0 ? &stored : NULL,
	};
}

static bool find_rows(struct db *db, struct store_turn **rows, size_t *n,
		      struct arena *a, struct error *e)
{
	struct query q;
	size_t room = 0;

	*rows = NULL;
	*n = 0;
	query_open(&q, db, DB_REQUESTS_DEAD);
	while (query_row(&q)) {
		*rows = arena_grow(a, *rows, &room, *n + 1, sizeof(**rows));
		read_row(&q, &(*rows)[(*n)++], a);
	}
	return query_close(&q, e);
}

/* Nothing was noted of them, or their process was only stopped. */
static bool close_rows(struct db *db, struct error *e)
{
	static const struct running_note nothing;
	struct store_turn *rows;
	struct arena a;
	size_t n;
	bool ok;

	arena_init(&a);
	ok = find_rows(db, &rows, &n, &a, e);
	for (size_t i = 0; ok && i < n; i++)
		ok = close_one(db, &rows[i], &nothing, TURN_LOCK_INTERRUPTED,
			       &a, e);
	arena_fini(&a);
	return ok;
}

bool interrupted_close(struct db *db, struct error *e)
{
	db->expired_ms = clock_ms();
	return close_notes(db, e) && close_rows(db, e);
}

bool interrupted_close_now_and_then(struct db *db, struct error *e)
{
	return clock_ms() < db->expired_ms + EVERY_MS ||
	       interrupted_close(db, e);
}
