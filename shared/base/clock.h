/* SPDX-License-Identifier: MIT */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds since 1970, for what is stored or shown. */
int64_t clock_wall_ms(void);

/* Milliseconds that never jump, for what is waited or measured. */
int64_t clock_ms(void);

void clock_sleep_ms(int64_t ms);

#endif
