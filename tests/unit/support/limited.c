/* SPDX-License-Identifier: MIT */
/* Requests of a limited key. */
#include "tests/unit/support/limited.h"

#include "base/clock.h"
#include "tests/unit/support/skipped_time.h"
#include "tests/unit/support/test.h"

void limited_set_clock(int64_t at_ms)
{
	skipped_time_set_wall(0);
	skipped_time_set_wall(at_ms - clock_wall_ms());
}

struct limited limited_begin(struct arena *a, const char *zone, int64_t at_ms)
{
	struct limited l = { .f = turns_begin(a) };
	struct error e;

	limited_set_clock(at_ms);
	turns_close(&l.f, turns_opened(&l.f, "first", NULL),
		    &(struct store_outcome){
			    .status = STORE_DONE,
			    .reply = turns_reply(a, ""),
		    });
	l.wants = (struct store_admission){ .service = "platform",
					    .prompt_tokens = 60,
					    .output_tokens = 40 };
	if (!time_zone_open(&l.wants.zone, a, zone, &e))
		fail_msg("%s", e.message);
	return l;
}

struct store_turn *limited_try(struct limited *l, struct error *e)
{
	struct arena *a = l->f.arena;
	struct store_turn *t = database_turn(
		a, arena_printf(a, "request %u", l->asked++), NULL);

	t->admission = arena_alloc(a, sizeof(*t->admission));
	*t->admission = l->wants;
	return store_turn_open(l->f.store, t, a, e) ? t : NULL;
}

struct store_turn *limited_ask(struct limited *l)
{
	struct error e;
	struct store_turn *t = limited_try(l, &e);

	if (t == NULL)
		fail_msg("%s", e.message);
	return t;
}

unsigned limited_ask_many(struct limited *l, unsigned n)
{
	unsigned let_in = 0;
	struct error e;

	for (unsigned i = 0; i < n; i++)
		let_in += limited_try(l, &e) != NULL;
	return let_in;
}

struct error limited_refused(struct limited *l, enum error_kind kind)
{
	struct error e;

	assert_null(limited_try(l, &e));
	if (e.kind != kind)
		fail_msg("%s", e.message);
	return e;
}

void limited_end(struct limited *l, struct store_turn *t, int64_t prompt,
		 int64_t completion)
{
	struct store_outcome o = turns_outcome(l->f.arena, STORE_DONE, "reply");

	o.service = l->wants.service;
	o.usage = (struct chat_usage){ .source = CHAT_USAGE_UPSTREAM,
				       .prompt = prompt,
				       .completion = completion };
	turns_close(&l->f, t, &o);
}

void limited_budget(struct limited *l, const char *period, const char *unit,
		    int64_t amount)
{
	l->wants.has_budgets = true;
	database_run(l->f.path,
		     arena_printf(l->f.arena,
				  "INSERT INTO budgets (key_id, period, unit, "
				  "amount) SELECT id, '%s', '%s', %lld "
				  "FROM keys WHERE fingerprint = 'k'",
				  period, unit, (long long)amount));
}

const char *limited_uses(struct limited *l, const char *period,
			 const char *unit)
{
	return database_text(
		l->f.arena, l->f.path,
		arena_printf(l->f.arena,
			     "SELECT coalesce(group_concat(used || '/' || "
			     "reserved, ' '), '') FROM (SELECT * FROM "
			     "budget_uses WHERE period = '%s' AND unit = '%s' "
			     "ORDER BY began_at)",
			     period, unit));
}
