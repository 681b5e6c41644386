/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_SEALED_H
#define DIALECT_SEALED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"

/*
 * Thinking as an opaque string that a client sends back unread: "k1.", 16 hex
 * digits of the SHA-256 of the text, ".", and the text in base64. It keeps
 * the text intact; it hides nothing, as the client may see it anyway.
 */
const char *sealed_put(struct arena *a, const char *text, size_t n);

/* Appends the same to the buffer; false when it does not fit. */
bool sealed_write(struct buf *out, const char *text, size_t n);

/* The text in the arena; NULL for what is foreign, damaged or empty. */
const char *sealed_get(struct arena *a, const char *opaque);

#endif
