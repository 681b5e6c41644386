/* SPDX-License-Identifier: MIT */
#ifndef STORE_SPACE_H
#define STORE_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "store/store.h"

/*
 * The space that API keys may take. What a key keeps is what its client can ask
 * for by an id and delete: files, conversations, stored responses.
 */

/* ERROR_SPACE if the owner, or all strangers together, would keep too much with
 * `more` bytes. */
bool store_space_check(struct store *s, const struct store_owner *owner,
		       int64_t more, struct error *e);

#endif
