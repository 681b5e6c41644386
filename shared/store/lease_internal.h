/* SPDX-License-Identifier: MIT */
#ifndef STORE_LEASE_INTERNAL_H
#define STORE_LEASE_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include "store/lease_owners_internal.h"

/*
 * Private to the store: a lease is what a running process has for itself, as
 * three columns of a row: its owner, and its end by two clocks. It is over when
 * its owner is dead (lease_owners_internal.h) or, of one that was stopped, at
 * its end. The machine's uptime tells that, since nobody can set it. The wall
 * clock tells it to people, and of rows that have nothing else: those of
 * programs that knew no owners.
 *
 * Statements ask held(lease_owner, lease_until, lease_uptime), and runs(owner)
 * of what a process has until it dies.
 */
struct lease {
	int64_t owner;	/* 0: none, only the end counts */
	int64_t until;	/* clock_wall_ms */
	int64_t uptime; /* clock_ms; 0: none */
};

/* No lease lasts longer: what seems to comes from before the machine's start. */
#define LEASE_LONGEST_MS 60000

/* Adds the functions to a connection; an SQLite code. */
int lease_add_functions(struct lease_owners *owners, sqlite3 *handle);

/* A lease of this process. */
struct lease lease_take(struct lease_owners *owners, int64_t ms);

bool lease_is_held(struct lease_owners *owners, const struct lease *l);

#endif
