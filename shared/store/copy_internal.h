/* SPDX-License-Identifier: MIT */
#ifndef STORE_COPY_INTERNAL_H
#define STORE_COPY_INTERNAL_H

#include "base/arena.h"
#include "store/db_internal.h"

/* Who wants to know that a copy is being written: `tell` returns 0. */
struct copy_watch {
	int (*tell)(void *ctx);
	void *ctx;
};

/* Private to the store: writes all that is committed to a new file, with mode
 * 0600; a file of that name is replaced. `watch` may be NULL. What is written
 * of it when it fails is the caller's to remove. */
bool copy_write(const struct store *s, const char *to,
		const struct copy_watch *watch, struct error *e);

/*
 * Private to the store: makes the copy of a database before it is upgraded to
 * schema `version`, next to it: kimi.db.before-0010.part. One that a killed
 * process left is replaced. To be called with the write lock. NULL, and nothing
 * is left behind, if it cannot be made, for example because the disk is full.
 */
const char *copy_make(struct store *s, int version, struct arena *a,
		      struct error *e);

/* Private to the store: gives it the name it is kept by, just before the upgrade
 * is committed. One that is already there stays, and this one is called
 * kimi.db.before-0010-2 and so on. NULL if that fails. */
const char *copy_keep(const char *part, struct arena *a, struct error *e);

#endif
