/* SPDX-License-Identifier: MIT */
#ifndef STORE_MAINTENANCE_H
#define STORE_MAINTENANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "store/store.h"

/* What the owner does with the file as a whole. */

/* Who wants to know how far it is: bytes written, and about how many there will
 * be. */
struct store_watch {
	void (*tell)(void *ctx, int64_t done, int64_t whole);
	void *ctx;
};

/*
 * Writes a consistent copy to a file that does not exist yet, with mode 0600,
 * while others read and write. The file appears when it is whole.
 */
bool store_backup(struct store *s, const char *to,
		  const struct store_watch *watch, struct arena *a,
		  struct error *e);

/*
 * Writes the file anew: without free space and remains of what was deleted, and
 * so that it becomes smaller by itself from then on. Nobody else can write
 * meanwhile. ERROR_FULL if somebody else has it.
 */
bool store_vacuum(struct store *s, struct error *e);

/* The schema version of the file at a path, which is not opened for more than
 * that, and the one that this program works with. */
bool store_schema_version(const char *path, int *version, int *newest,
			  struct error *e);

#endif
