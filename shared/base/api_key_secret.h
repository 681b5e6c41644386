/* SPDX-License-Identifier: MIT */
#ifndef BASE_API_KEY_SECRET_H
#define BASE_API_KEY_SECRET_H

#include <stdbool.h>

#include "base/arena.h"

/*
 * The API keys that this program makes: "kp-", 256 random bits in base64url, and
 * their CRC-32, by which a typing mistake shows. Scanners of leaked secrets can
 * know them, and nobody else's key begins like that.
 */
#define API_KEY_SECRET_PREFIX "kp-"

/* A new one, in the arena. */
char *api_key_secret_make(struct arena *a);

/* Whether it begins like one: then it is nothing else. */
bool api_key_secret_is(const char *text);

/* Whether it is a whole one without a mistake. */
bool api_key_secret_check(const char *text);

#endif
