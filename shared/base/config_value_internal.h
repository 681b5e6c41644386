/* SPDX-License-Identifier: MIT */
#ifndef BASE_CONFIG_VALUE_INTERNAL_H
#define BASE_CONFIG_VALUE_INTERNAL_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/config_table_internal.h"
#include "base/error.h"

/*
 * Reads one value into its member. An empty one is an absent one, as in
 * `KIMI_TOKENS= make run`. On failure the message begins with the name. What
 * was ignored in a list is left in `*notice` as a sentence, else NULL.
 */
bool config_value_read(struct config *c, struct arena *a,
		       const struct setting *s, const char *value,
		       const char **notice, struct error *e);

#endif
