/* SPDX-License-Identifier: MIT */
#ifndef STORE_CREDENTIAL_NOTES_H
#define STORE_CREDENTIAL_NOTES_H

#include "base/arena.h"
#include "store/store.h"

/*
 * What adapters learned with a credential (upstream_notes): a value by its
 * fingerprint and a name. `*value` is NULL when there is none.
 */
bool store_credential_note_find(struct store *s, const char *credential,
				const char *name, const char **value,
				struct arena *a, struct error *e);
bool store_credential_note_put(struct store *s, const char *credential,
			       const char *name, const char *value,
			       struct error *e);

#endif
