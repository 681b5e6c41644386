/* SPDX-License-Identifier: MIT */
/* Credentials as rows, and their cooldowns. */
#include "store/credentials.h"

#include "base/clock.h"
#include "store/credentials_internal.h"
#include "store/known_rows_internal.h"
#include "upstream/advice.h"
#include "upstream/cooldown.h"
#include "upstream/upstream.h"

#define UNKNOWN INT64_MAX

bool credentials_ensure(struct db *db, const struct credential *c,
			struct error *e)
{
	struct query q;

	query_open(&q, db, DB_CREDENTIAL_ADD);
	query_text(&q, c->fingerprint);
	query_text(&q, c->label);
	return query_run(&q, e);
}

/* What seems longer than the whole is not: the clock was set back since, or
 * the machine started anew. */
static int64_t left_by(int64_t now, int64_t end, int64_t whole)
{
	int64_t left = end - now;

	if (left > whole)
		return UNKNOWN;
	return left > 0 ? left : 0;
}

/* It is over when it is by one of two clocks. Nobody can set the uptime, but
 * only the wall clock goes on while the machine is off. */
static int64_t cooldown_left(int64_t until, int64_t uptime, int64_t whole)
{
	int64_t wall = left_by(clock_wall_ms(), until, whole);
	int64_t up = left_by(clock_ms(), uptime, whole);
	int64_t left = wall < up ? wall : up;

	if (until == COOLDOWN_FOREVER)
		return COOLDOWN_FOREVER;
	return left == UNKNOWN ? 0 : left;
}

static bool read_state(struct store *s, const struct credential *c,
		       struct credential_state *state, struct arena *a,
		       struct error *e)
{
	const struct known_name name = { DB_CREDENTIAL_STATE, c->fingerprint,
					 NULL };
	struct known_row row;
	const char *kind;

	*state = (struct credential_state){ 0 };
	if (!known_rows_read(s, &name, &row, a, e))
		return false;
	if (!row.found)
		return true;
	kind = row.texts[1];
	state->cooldown_until = row.numbers[0];
	state->cooldown_kind = error_kind_named(kind == NULL ? "" : kind);
	state->cooldown_named = row.numbers[2] != 0;
	state->cooled = kind != NULL;
	state->cooldown_words = row.texts[3];
	state->failure = row.texts[6];
	state->cooldown_left_ms = cooldown_left(state->cooldown_until,
						row.numbers[4], row.numbers[5]);
	return true;
}

bool store_credential_states(struct store *s,
			     const struct credential *const *list, size_t n,
			     struct credential_state *states, struct arena *a,
			     struct error *e)
{
	for (size_t i = 0; i < n; i++)
		if (!read_state(s, list[i], &states[i], a, e))
			return false;
	return true;
}

void store_credential_failure(const struct credential_state *state,
			      struct error *why)
{
	const char *words = state->cooldown_words;

	error_set(why, state->cooldown_kind, "%s",
		  words == NULL ? "Kimi refused it before." : words);
	if (state->cooldown_left_ms == COOLDOWN_FOREVER)
		why->cooldown_ms = COOLDOWN_FOREVER;
	else if (why->kind == ERROR_FORBIDDEN && words != NULL)
		why->cooldown_ms = COOLDOWN_UNPAID; /* see cooldown_words */
}

static bool cool_down(struct db *db, const struct credential *c,
		      const struct error *why, int64_t until, struct error *e)
{
	char advice[ADVICE_SIZE];
	bool ends = until != COOLDOWN_FOREVER;
	int64_t ms = ends ? until - clock_wall_ms() : COOLDOWN_FOREVER;
	struct query q;

	/* One without its row was removed by its owner. */
	if (!c->kept && !credentials_ensure(db, c, e))
		return false;
	query_open(&q, db, DB_CREDENTIAL_COOL_DOWN);
	query_text(&q, c->fingerprint);
	query_int(&q, until);
	query_int(&q, ends ? clock_ms() + ms : COOLDOWN_FOREVER);
	query_int(&q, ms);
	query_text(&q, error_name(why->kind));
	query_int(&q, cooldown_is_named(why));
	query_text(&q, cooldown_words(why));
	query_text(&q, advice_write(advice, c, why) ? advice : NULL);
	query_int(&q, clock_wall_ms());
	return query_run(&q, e);
}

bool store_credential_cool_down(struct store *s, const struct credential *c,
				const struct error *why, int64_t until,
				struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);

	return db != NULL && db_end(s, db, cool_down(db, c, why, until, e), e);
}

static bool clear(struct db *db, const struct credential *c, int64_t until,
		  struct error *e)
{
	struct query q;

	query_open(&q, db, DB_CREDENTIAL_CLEAR);
	query_text(&q, c->fingerprint);
	query_int(&q, until);
	return query_run(&q, e);
}

bool store_credential_clear(struct store *s, const struct credential *c,
			    int64_t until, struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);

	return db != NULL && db_end(s, db, clear(db, c, until, e), e);
}

static bool has_answered(struct db *db, const struct credential *c,
			 bool *answered, struct error *e)
{
	struct query q;

	query_open(&q, db, DB_CREDENTIAL_ANSWERED);
	query_text(&q, c->upstream->name);
	query_text(&q, c->label);
	*answered = query_row(&q);
	return query_close(&q, e);
}

bool store_credential_has_answered(struct store *s, const struct credential *c,
				   bool *answered, struct error *e)
{
	struct db *db = db_begin(s, DB_LOOK, e);

	return db != NULL && db_end(s, db, has_answered(db, c, answered, e), e);
}
