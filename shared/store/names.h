/* SPDX-License-Identifier: MIT */
#ifndef STORE_NAMES_H
#define STORE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* Names that somebody may want to type. */
enum store_names {
	STORE_KEY_NAMES, /* of API keys, of those without one their labels */
	STORE_CREDENTIAL_NAMES,	  /* of those that the database has */
	STORE_MODEL_NAMES,	  /* listed by Kimi, or used lately */
	STORE_REQUEST_NAMES,	  /* the newest ids */
	STORE_CONVERSATION_NAMES, /* the newest ones */
};

/*
 * Reads them from the database at `path`, which is neither made nor changed, nor
 * brought to the newest schema. Takes a few milliseconds, or gives up: then
 * there are none.
 */
void store_names_read(const char *path, enum store_names which,
		      const char ***names, size_t *n, struct arena *a);

#endif
