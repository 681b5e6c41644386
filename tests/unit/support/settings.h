/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_SETTINGS_H
#define SUPPORT_SETTINGS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/error.h"

/* config_load of a file with this text; NULL: without a file. */
bool settings_load(struct arena *a, const char *text, struct config *c,
		   struct error *e);

/* The same, where it must succeed. */
struct config settings_loaded(struct arena *a, const char *text);

/* `wanted` has each entry in angle brackets. */
void settings_assert_list(struct config_list list, const char *wanted);

/* Before all tests: the environment has none. */
int settings_clean(void **state);

#endif
