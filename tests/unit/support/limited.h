/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_LIMITED_H
#define SUPPORT_LIMITED_H

#include "tests/unit/support/turns.h"

/* Requests of the limited key "k", on a clock that tests set. */
struct limited {
	struct turns f;
	struct store_admission wants; /* of each request */
	unsigned asked;
};

/* The clock stands at `at_ms` from now on, but for what the test takes. */
struct limited limited_begin(struct arena *a, const char *zone, int64_t at_ms);

void limited_set_clock(int64_t at_ms);

/* NULL, with the error, if it is refused. */
struct store_turn *limited_try(struct limited *l, struct error *e);

/* The same; fails the test if it is refused. */
struct store_turn *limited_ask(struct limited *l);

/* How many of `n` are let in. */
unsigned limited_ask_many(struct limited *l, unsigned n);

/* Fails the test unless it is refused. */
struct error limited_refused(struct limited *l, enum error_kind kind);

/* The end of a request that used so many tokens. */
void limited_end(struct limited *l, struct store_turn *t, int64_t prompt,
		 int64_t completion);

/* A budget of the key. */
void limited_budget(struct limited *l, const char *period, const char *unit,
		    int64_t amount);

/* "used/reserved" of each period of the unit, in their order. */
const char *limited_uses(struct limited *l, const char *period,
			 const char *unit);

#endif
