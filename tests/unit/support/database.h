/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_DATABASE_H
#define SUPPORT_DATABASE_H

#include <sqlite3.h>

#include "base/arena.h"
#include "store/store.h"
#include "store/turns.h"

/* A path in a folder of its own, where no file is yet. */
const char *database_path(struct arena *a);

/* A store there; both are closed with the arena. */
struct store *database_open(struct arena *a, const char *path);

/* A file as the program of that schema version left it. */
const char *database_of_version(struct arena *a, int version);

/* Runs any SQL on the file, beside the store. */
void database_run(const char *path, const char *sql);

/* The first column of the first row; NULL without a row or for null. */
const char *database_text(struct arena *a, const char *path, const char *sql);
int64_t database_int(const char *path, const char *sql);

/* What API keys keep is counted right. */
void database_assert_counted(struct arena *a, const char *path);

/* All rows refer to rows that exist, and SQLite finds no fault. */
void database_assert_sound(struct arena *a, const char *path);

/* A turn of the key "k"; a conversation of NULL is a stateless request. */
struct store_turn *database_turn(struct arena *a, const char *request,
				 const char *conversation);

#endif
