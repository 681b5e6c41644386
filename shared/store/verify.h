/* SPDX-License-Identifier: MIT */
#ifndef STORE_VERIFY_H
#define STORE_VERIFY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "store/maintenance.h"

/* What was checked, and what is wrong with it. */
struct store_check {
	const char *name;
	const char *found; /* NULL: it is right */
	const char *advice;
};

#define STORE_CHECKS 11 /* at most */

/*
 * Checks the whole database, which reads all of it. If the file is damaged that
 * is all: nothing else can be checked. What killed processes left is put right
 * before the rest, as the next request would do, and a log that nobody needs is
 * emptied. `watch` is told how many of how many checks were made; NULL: nobody
 * wants to know.
 */
bool store_verify(struct store *s, const struct store_watch *watch,
		  struct store_check checks[STORE_CHECKS], size_t *n,
		  struct arena *a, struct error *e);

#endif
