/* SPDX-License-Identifier: MIT */
#ifndef FAKE_RECORD_H
#define FAKE_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "text.h"

struct exchange;
struct fake;

#define RECORD_ROUTES 96 /* routes counted */
#define RECORD_KEPT 1000 /* requests kept */

struct recorded;
struct ticket;

/* Counts, the last requests, and the completions now running. */
struct record {
	unsigned long requests[RECORD_ROUTES]; /* by place in the route table */
	unsigned long browsers, finished, aborted;
	unsigned long most; /* concurrent streams of one owner */
	struct recorded *kept[RECORD_KEPT];
	size_t next;	/* in kept */
	size_t bytes;	/* of all kept bodies */
	unsigned epoch; /* resets so far: older streams no longer count */
	struct ticket *running;
};

enum ticket_end { TICKET_FINISHED, TICKET_ABORTED, TICKET_UNCOUNTED };

/* Counts the request, and keeps it if the settings say so. */
void record_request(const struct exchange *ex, size_t route);
/* A running completion; NULL if the owner already has `max`, unless that
 * is 0. */
struct ticket *record_open(struct fake *fake, const char *owner,
			   unsigned long max);
void record_close(struct fake *fake, struct ticket *ticket,
		  enum ticket_end end);
/* A client that left before anything was opened for it. */
void record_aborted(struct fake *fake);
/* Members of the statistics' JSON object, without requests. */
void record_stats(struct fake *fake, struct text *json);
/* The kept requests as a JSON array, oldest first. */
void record_list(struct fake *fake, struct text *json);
/* Under the lock. */
void record_clear(struct record *record);

#endif
