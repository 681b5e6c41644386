/* SPDX-License-Identifier: MIT */
#ifndef STORE_KEYS_INTERNAL_H
#define STORE_KEYS_INTERNAL_H

#include <stdint.h>

#include "store/db.h"

/* Inside of the store: the row of an API key; 0 when there is none. */
bool keys_find(struct db *db, const char *fingerprint, int64_t *row,
	       struct error *e);

/* The same, made when there is none. */
bool keys_open(struct db *db, const char *fingerprint, const char *label,
	       int64_t *row, struct error *e);

#endif
