/* SPDX-License-Identifier: MIT */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/hash.h"

#define FINGERPRINT_SIZE HASH_SIZE

/* API keys that everybody knows: those of a server without keys of its own. */
#define SECRET_PUBLIC_KEYS 2
extern const char *const secret_public_keys[SECRET_PUBLIC_KEYS];

/* SHA-256 of the secret as 64 hex digits: stored in its place. */
void secret_fingerprint(const char *secret, char out[FINGERPRINT_SIZE]);

/* Compares in a time that does not depend on where they differ. */
bool secret_same_fingerprint(const char a[FINGERPRINT_SIZE],
			     const char b[FINGERPRINT_SIZE]);

/* A name by which people recognise it: its ends ("sk-a…9f3c", "kp-…9f3c") or,
 * where those would reveal too much, its start and part of its fingerprint
 * ("sk-d…#0e71d7"). */
char *secret_label(struct arena *a, const char *secret);

/*
 * Authenticated encryption (ChaCha20-Poly1305) of `text` under a key derived
 * from `secret`: what must be stored about a credential can be read only by
 * whoever holds that credential. The result, `*length` bytes in the arena, is
 * nonce, tag and ciphertext.
 */
void *secret_seal(struct arena *a, const char *secret, const char *text,
		  size_t *length);

/* The text. NULL if `secret` is not the one it was sealed with, or if the bytes
 * were changed. */
char *secret_open(struct arena *a, const char *secret, const void *sealed,
		  size_t length);

/*
 * Replaces with dots, in place, what looks like a key, token or account id
 * (sk-…, eyJ…, org-…, ak-…, kp-…): for foreign texts on their way to a log or a
 * client. sk-default and sk-false are no secrets.
 */
void secret_redact(char *text);

/* The same for a known secret (may be NULL), even if the text ends in the
 * middle of it. */
void secret_redact_word(char *text, const char *secret);

#endif
