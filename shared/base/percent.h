/* SPDX-License-Identifier: MIT */
#ifndef BASE_PERCENT_H
#define BASE_PERCENT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Decodes the percent escapes of `n` characters once, into `out`, which has
 * room for `n` + 1 bytes. False on a malformed escape and on a control
 * character, escaped or not.
 */
bool percent_decode(const char *s, size_t n, char *out);

#endif
