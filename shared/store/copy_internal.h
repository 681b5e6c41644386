/* SPDX-License-Identifier: MIT */
#ifndef STORE_COPY_INTERNAL_H
#define STORE_COPY_INTERNAL_H

#include "base/arena.h"
#include "store/db_internal.h"

/*
 * Private to the store: the copy that is kept of a database before it is
 * upgraded to schema `version`, next to it: kimi.db.before-0010. One that is
 * already there stays, and the new one is called kimi.db.before-0010-2 and so
 * on. To be called with the write lock. NULL, and nothing is left behind, if the
 * copy cannot be made, for example because the disk is full.
 */
const char *copy_make(struct store *s, int version, struct arena *a,
		      struct error *e);

#endif
