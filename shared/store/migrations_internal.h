/* SPDX-License-Identifier: MIT */
#ifndef STORE_MIGRATIONS_INTERNAL_H
#define STORE_MIGRATIONS_INTERNAL_H

#include "store/db_internal.h"

/*
 * Private to the store: brings a file to the newest schema, in one
 * transaction, so that of several processes one does it. A new file gets
 * sql/schema.sql; an older one the files of sql/migrations that it lacks, which
 * end in the same schema, and a copy of it is kept (copy_internal.h).
 * ERROR_SETUP if the file is newer than this program or another program's, if
 * there is no room for the copy, or if a migration fails; then nothing is
 * changed.
 */
bool migrations_apply(struct store *s, struct error *e);

/* The schema version of the file; 0: it is empty, or not of this program. */
bool migrations_version(struct db *db, int *version, struct error *e);

/* The schema version that this program works with. */
int migrations_newest(void);

#endif
