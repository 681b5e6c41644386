/* SPDX-License-Identifier: MIT */
#ifndef STORE_CREDENTIAL_NOTES_H
#define STORE_CREDENTIAL_NOTES_H

#include "base/arena.h"
#include "store/store.h"

/*
 * What an adapter learned with a credential (its fingerprint), by name: which
 * host knows the key, what an uploaded file is called there. `*value` is NULL
 * if there is no such note.
 */
bool store_credential_note_find(struct store *s, const char *credential,
				const char *name, const char **value,
				struct arena *a, struct error *e);
bool store_credential_note_put(struct store *s, const char *credential,
			       const char *name, const char *value,
			       struct error *e);

#endif
