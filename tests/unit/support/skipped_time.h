/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_SKIPPED_TIME_H
#define SUPPORT_SKIPPED_TIME_H

#include <stdint.h>

/*
 * From now on a sleep of 10 ms or more, and a poll that watches nothing, returns
 * at once, and the clocks of this program have moved on by what it would have
 * waited: pauses before a retry cost no time.
 */
void skipped_time_begin(void);

/* Moves the clocks forward. */
void skipped_time_pass(int64_t ms);

/* Sets the wall clock alone: so far ahead of the real time, or behind it. */
void skipped_time_set_wall(int64_t ms);

#endif
