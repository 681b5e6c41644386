/* SPDX-License-Identifier: MIT */
#ifndef BENCH_EVENTS_H
#define BENCH_EVENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "samples.h"

/*
 * A piece of the answer is the fake's stamp (16 digits of microseconds and a
 * blank) and what the scene's answer has for it: its number, in 5 digits, and
 * a blank.
 */
#define PIECE_STAMP 17
#define PIECE_NUMBER 6
#define PIECE (PIECE_STAMP + PIECE_NUMBER)
#define EVENT_LINE 2048

/* Reads one SSE answer and checks that no piece is missing or misplaced. */
struct event_stream {
	size_t n, n_piece;
	unsigned next;		   /* number of the piece that is to come */
	unsigned others;	   /* pieces that were not that one */
	int64_t first_us, last_us; /* when the fake sent those pieces */
	bool done, too_long;
	struct samples *delays; /* of pieces that come now, or NULL */
	char piece[PIECE];
	char line[EVENT_LINE];
};

void events_init(struct event_stream *e);

/* For struct reply. */
void events_feed(void *events, const char *p, size_t n);

#endif
