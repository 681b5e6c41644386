/* SPDX-License-Identifier: MIT */
#ifndef FAKE_BASE64_H
#define FAKE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "text.h"

/* Adds the bytes in the alphabet of URLs, without padding. */
void base64url_add(struct text *t, const char *bytes, size_t n);
/* Adds the decoded bytes, of either alphabet; false if a character is in
 * neither. */
bool base64_read(struct text *t, const char *chars, size_t n);

#endif
