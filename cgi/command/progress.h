/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_PROGRESS_H
#define COMMAND_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* How far a long command has come, on standard error: a line that changes ten
 * times a second on a terminal, a new one every ten seconds elsewhere. */
struct progress {
	const char *what; /* borrowed: "pages copied" */
	bool terminal, any;
	int64_t shown_at; /* clock_ms */
};

void progress_init(struct progress *p, const char *what);

/* May be called as often as one likes; `whole` is 0 where nobody knows. */
void progress_show(struct progress *p, int64_t done, int64_t whole);

/* Takes the line away from a terminal. */
void progress_end(struct progress *p);

#endif
