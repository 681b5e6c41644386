/* SPDX-License-Identifier: MIT */
#ifndef STORE_ROTATION_H
#define STORE_ROTATION_H

#include <stdint.h>

#include "store/store.h"

/*
 * Requests take turns among the credentials of a pool (a service): no two calls
 * get the same number, over all processes that share the file. Those of one
 * process grow by one; it draws many at once, but one when it is new.
 */
bool store_rotation_next(struct store *s, const char *pool, int64_t *next,
			 struct error *e);

#endif
