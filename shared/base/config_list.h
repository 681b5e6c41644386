/* SPDX-License-Identifier: MIT */
#ifndef BASE_CONFIG_LIST_H
#define BASE_CONFIG_LIST_H

#include "base/arena.h"

/* The entries of a list, trimmed, none of them empty. `items` is NULL when
 * the setting is absent. */
struct config_list {
	const char *const *items;
	size_t n;
};

/* Splits `text` at `separator`. Of NULL it makes an absent list. */
struct config_list config_list_parse(struct arena *a, const char *text,
				     char separator);

/* The entries with `between` between two; of an absent list NULL. */
const char *config_list_join(struct arena *a, const struct config_list *list,
			     const char *between);

#endif
