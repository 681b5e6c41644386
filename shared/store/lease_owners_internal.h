/* SPDX-License-Identifier: MIT */
#ifndef STORE_LEASE_OWNERS_INTERNAL_H
#define STORE_LEASE_OWNERS_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Private to the store: which processes still run. One that has leases keeps a
 * lock of the kernel's on one byte of a file beside the database; the byte's
 * number is its name as an owner. However the process ends, the kernel drops
 * the lock, and all others see it at once. The file stays empty. A number is
 * random and never used twice.
 */
struct lease_owners {
	char *database;
	char *path;
	int fd;	     /* -1: not open */
	int64_t own; /* 0: none yet */
};

/* The usual file. */
#define LEASE_OWNERS_SUFFIX "-alive"

/* `database` is the file's full path, as SQLite has it; `suffix` makes it that
 * of the owners. Opens nothing. */
void lease_owners_init(struct lease_owners *o, const char *database,
		       const char *suffix);

/* Ends all leases of this one; does nothing if it was not initialized. */
void lease_owners_fini(struct lease_owners *o);

/* The number of this process, whose lock it holds from now on; 0 if files
 * cannot be locked here. */
int64_t lease_owners_own(struct lease_owners *o);

/* Whether the process of that number runs; also true if nobody can tell. */
bool lease_owners_run(struct lease_owners *o, int64_t owner);

#endif
