/* SPDX-License-Identifier: MIT */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#define CLOCK_DATE_SIZE 32

/* Milliseconds since 1970, for times that are stored or shown. */
int64_t clock_wall_ms(void);

/* Milliseconds of a clock that never jumps, for waiting and measuring: the
 * machine's uptime without the time that it slept, the same in all processes. */
int64_t clock_ms(void);

/* "2026-11-30T14:05:00Z", of milliseconds since 1970. Before that, and after the
 * year 9999, it is the nearest there is. */
void clock_date(int64_t wall_ms, char out[CLOCK_DATE_SIZE]);

void clock_sleep_ms(int64_t ms);

#endif
