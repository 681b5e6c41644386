/* SPDX-License-Identifier: MIT */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/hash.h"

#define FINGERPRINT_SIZE HASH_SIZE

/* SHA-256 of the secret as 64 hex digits: what is stored in its place. */
void secret_fingerprint(const char *secret, char out[FINGERPRINT_SIZE]);

/* Equality in a time that does not depend on where they differ. */
bool secret_equal(const char *a, const char *b);

/* A name people recognise it by: its ends ("sk-a…9f3c"), or, where that would
 * tell too much, its start and some of its fingerprint ("sk-d…#0e71d7"). */
char *secret_label(struct arena *a, const char *secret);

/*
 * Authenticated encryption (ChaCha20-Poly1305) of `text` under a key derived
 * from `secret`: what we must store of a credential can be read only by who
 * holds the credential. The result is nonce, tag and bytes.
 */
void *secret_seal(struct arena *a, const char *secret, const char *text,
		  size_t *length);

/* NULL when `secret` is another or the bytes were changed. */
char *secret_open(struct arena *a, const char *secret, const void *sealed,
		  size_t length);

/*
 * Replaces in place what looks like a key, token or account id (sk-…, eyJ…,
 * org-…, ak-…) by dots, for texts of others that go to a log or a client.
 */
void secret_redact(char *text);

/* The same for one known secret (may be NULL), also where the text ends in
 * the midst of it. */
void secret_redact_word(char *text, const char *secret);

#endif
