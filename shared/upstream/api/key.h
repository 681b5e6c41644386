/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_KEY_H
#define UPSTREAM_API_KEY_H

#include <stdbool.h>

/* The keys of Kimi's APIs: "sk-…" of the Open Platform, "sk-kimi-…" of Kimi
 * Code. */

bool key_is_any(const char *secret);
bool key_is_code(const char *secret);

/* Whether it has the length and the characters of a key. */
bool key_plausible(const char *secret);

#endif
