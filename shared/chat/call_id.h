/* SPDX-License-Identifier: MIT */
#ifndef CHAT_CALL_ID_H
#define CHAT_CALL_ID_H

#include <stdbool.h>

#include "base/arena.h"

/*
 * Kimi's ids of tool calls ("functions.get_weather:0") repeat between turns
 * and hold characters that clients refuse. A client gets "call_", 12 random
 * characters, "_" and the original with everything outside [A-Za-z0-9_] as
 * "-" and two hex digits; from that the original comes back without a table.
 */
char *call_id_wrap(struct arena *a, const char *original);

/* Whether it looks like one that we made: no other conversation has it. */
bool call_id_is_ours(const char *id);

/* The original, or a copy of `id` if we did not make it. */
char *call_id_unwrap(struct arena *a, const char *id);

#endif
