/* SPDX-License-Identifier: MIT */
/* Closes a turn: everything that came of it, in one transaction. */
#include "store/turn_close.h"

#include "store/abandoned_chats_internal.h"
#include "store/interrupted_internal.h"
#include "store/refusals_internal.h"
#include "store/stored_responses_internal.h"
#include "store/turn_lock_internal.h"
#include "store/turn_outcome_internal.h"
#include "store/turns_internal.h"

/* Nothing is kept of a response whose client got an error in place of its id:
 * it could neither use nor delete that. */
static bool forget_unknown(struct db *db, struct store_turn *t,
			   const struct store_outcome *o, struct error *e)
{
	if (t->store_as == NULL || o->begun || o->status == STORE_DONE)
		return true;
	t->store_as = NULL;
	t->input_stored = false;
	return t->row == 0 || stored_response_erase(db, t->key_row, t->row, e);
}

static bool find_rows(struct db *db, struct store_turn *t,
		      struct turn_mark *mark, struct error *e)
{
	*mark = (struct turn_mark){ 0 };
	return t->row == 0 ? turns_find_key(db, t, e) :
			     turns_read_mark(db, t, mark, e);
}

/* What store_turn_close was called with. */
struct closing {
	struct store_turn *turn, before; /* … as it was */
	const struct store_outcome *outcome;
	struct arena *arena;
	bool refused;
};

static bool close_turn(struct db *db, void *ctx, struct error *e)
{
	struct closing *c = ctx;
	struct store_turn *t = c->turn;
	struct store_outcome o = *c->outcome;
	struct turn_mark mark;
	struct error why;
	bool ephemeral;

	*t = c->before;
	if (!interrupted_close_now_and_then(db, e) ||
	    !forget_unknown(db, t, &o, e) || !find_rows(db, t, &mark, e))
		return false;
	c->refused = mark.cancelled && o.status == STORE_DONE;
	if (mark.cancelled && o.status != STORE_CANCELLED) {
		turn_lock_cancelled(&why);
		o.status = STORE_CANCELLED;
		o.error = &why;
	}
	ephemeral = t->ephemeral || mark.deleted;
	if (ephemeral && o.error != NULL) {
		/* Its message may quote what was said. */
		why = *o.error;
		*why.message = '\0';
		o.error = &why;
	}
	if (!turn_outcome_write(db, t, &o, ephemeral, c->arena, e))
		return false;
	if (o.charged != NULL)
		*o.charged = o.cost;
	return true;
}

bool store_turn_close(struct store *s, struct store_turn *t,
		      const struct store_outcome *o, struct arena *a,
		      struct error *e)
{
	bool vital = o->begun && o->status == STORE_DONE;
	struct closing c = {
		.turn = t, .before = *t, .outcome = o, .arena = a
	};

	refusals_sum_up(s);
	if (!db_run(s, vital ? DB_VITAL : DB_TURN, close_turn, &c, e))
		return false;
	abandoned_chats_released(t->chats);
	return !c.refused || turn_lock_cancelled(e);
}
