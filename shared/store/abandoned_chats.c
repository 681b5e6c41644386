/* SPDX-License-Identifier: MIT */
/* Notes of the chats that are to be deleted at Kimi. */
#include "store/abandoned_chats_internal.h"

#include "base/clock.h"

#define MINUTE_MS INT64_C(60000)

/* Where no file can be locked, and so nobody knows who runs, a chat is in use
 * for this long. */
#define USED_MS (60 * MINUTE_MS)

/* A chat whose credential does not come again in this time stays at Kimi. */
#define OUTDATED_MS (30 * 24 * 60 * MINUTE_MS)

/* What is due even later is due now, as the clock was set back since. */
#define LONGEST_PAUSE_MS (6 * 60 * MINUTE_MS)

/* How long to wait after each try that failed; there is none after the last. */
static const int64_t pauses_ms[] = { MINUTE_MS, 10 * MINUTE_MS, 60 * MINUTE_MS,
				     LONGEST_PAUSE_MS };
#define TRIES (int64_t)(sizeof(pauses_ms) / sizeof(*pauses_ms) + 1)

/* --- Of a turn --- */

static bool hold(struct db *db, const struct abandoned_chat *c, struct error *e)
{
	int64_t now = clock_wall_ms();
	struct query q;

	query_open(&q, db, DB_ABANDONED_CHAT_HOLD);
	query_text(&q, c->credential);
	query_text(&q, c->chat);
	query_row_id(&q, lease_owners_own(&db->owners));
	query_int(&q, now + USED_MS);
	query_int(&q, now);
	return query_run(&q, e);
}

bool abandoned_chats_hold(struct db *db, const struct abandoned_chat *chats,
			  struct error *e)
{
	for (const struct abandoned_chat *c = chats; c != NULL && !c->held;
	     c = c->next)
		if (!hold(db, c, e))
			return false;
	return true;
}

void abandoned_chats_held(struct abandoned_chat *chats)
{
	for (struct abandoned_chat *c = chats; c != NULL && !c->held;
	     c = c->next)
		c->held = true;
}

static bool release(struct db *db, const struct abandoned_chat *c,
		    struct error *e)
{
	struct query q;

	query_open(&q, db, DB_ABANDONED_CHAT_RELEASE);
	query_text(&q, c->credential);
	query_text(&q, c->chat);
	query_int(&q, clock_wall_ms());
	return query_run(&q, e);
}

bool abandoned_chats_release(struct db *db, const struct abandoned_chat *chats,
			     struct error *e)
{
	for (const struct abandoned_chat *c = chats; c != NULL && !c->released;
	     c = c->next)
		if (!release(db, c, e))
			return false;
	return true;
}

void abandoned_chats_released(struct abandoned_chat *chats)
{
	for (struct abandoned_chat *c = chats; c != NULL && !c->released;
	     c = c->next)
		c->held = c->released = true;
}

bool store_abandoned_chats_release(struct store *s,
				   struct abandoned_chat *chats,
				   struct error *e)
{
	struct db *db = db_begin(s, DB_TURN, e);

	if (db == NULL ||
	    !db_end(s, db, abandoned_chats_release(db, chats, e), e))
		return false;
	abandoned_chats_released(chats);
	return true;
}

/* --- To be deleted --- */

static bool read_due(struct db *db, const char *credential, int64_t *at_ms,
		     struct error *e)
{
	struct query q;

	query_open(&q, db, DB_ABANDONED_CHATS_DUE);
	query_text(&q, credential);
	query_int(&q, clock_wall_ms() + LONGEST_PAUSE_MS);
	*at_ms = query_row(&q) ? query_get_int(&q, 0) : INT64_MAX;
	return query_close(&q, e);
}

bool store_abandoned_chats_due(struct store *s, const char *const *credentials,
			       size_t n, int64_t *at_ms, struct error *e)
{
	struct db *db = db_begin(s, DB_READ, e);
	bool ok = db != NULL;

	for (size_t i = 0; ok && i < n; i++)
		ok = read_due(db, credentials[i], &at_ms[i], e);
	return db != NULL && db_end(s, db, ok, e);
}

static bool forget(struct db *db, const char *credential, const char *chat,
		   struct error *e)
{
	struct query q;

	query_open(&q, db, DB_ABANDONED_CHAT_FORGET);
	query_text(&q, credential);
	query_text(&q, chat);
	return query_run(&q, e);
}

static bool postpone(struct db *db, struct abandoned_batch *b, size_t i,
		     struct error *e)
{
	int64_t due = clock_wall_ms() + pauses_ms[b->tries[i]];
	struct query q;

	if (due < b->retry_ms)
		b->retry_ms = due;
	query_open(&q, db, DB_ABANDONED_CHAT_POSTPONE);
	query_text(&q, b->credential);
	query_text(&q, b->chats[i].id);
	query_int(&q, due);
	return query_run(&q, e);
}

static bool end(struct db *db, struct abandoned_batch *b, struct error *e)
{
	bool ok = true;

	for (size_t i = 0; ok && i < b->n; i++)
		ok = b->chats[i].gone || b->tries[i] + 1 >= TRIES ?
			     forget(db, b->credential, b->chats[i].id, e) :
			     postpone(db, b, i, e);
	return ok && query_run_on(db, DB_ABANDONED_CHATS_OUTDATED,
				  clock_wall_ms() - OUTDATED_MS, e);
}

static bool claim(struct db *db, struct abandoned_batch *b, struct arena *a,
		  struct error *e)
{
	int64_t now = clock_wall_ms();
	struct query q;

	query_open(&q, db, DB_ABANDONED_CHATS_CLAIM);
	query_text(&q, b->credential);
	query_row_id(&q, lease_owners_own(&db->owners));
	query_int(&q, now);
	query_int(&q, now + USED_MS);
	query_int(&q, ABANDONED_BATCH);
	query_int(&q, now + LONGEST_PAUSE_MS);
	for (b->n = 0; b->n < ABANDONED_BATCH && query_row(&q); b->n++) {
		b->chats[b->n].id = query_get_text(&q, 0, a);
		b->chats[b->n].gone = false;
		b->tries[b->n] = query_get_int(&q, 1);
	}
	return query_close(&q, e);
}

void store_abandoned_batch_init(struct abandoned_batch *b,
				const char *credential)
{
	b->credential = credential;
	b->n = 0;
	b->retry_ms = INT64_MAX;
}

bool store_abandoned_chats_next(struct store *s, struct abandoned_batch *batch,
				struct arena *a, struct error *e)
{
	struct db *db = db_begin(s, batch->n > 0 ? DB_VITAL : DB_TURN, e);

	return db != NULL &&
	       db_end(s, db, end(db, batch, e) && claim(db, batch, a, e), e);
}
