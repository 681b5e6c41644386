/* SPDX-License-Identifier: MIT */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Reads a decimal number that is not negative, "0.19" or "9.5e-07", times 10 to
 * the power of `shift`. False if it is none, or if that is no whole number of 64
 * bits: nothing is rounded.
 */
bool decimal_read(const char *text, int shift, int64_t *v);

#endif
