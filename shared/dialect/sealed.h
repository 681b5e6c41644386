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

/* The text in the arena; NULL for what is foreign, damaged or empty. */
const char *sealed_get(struct arena *a, const char *opaque);

/*
 * The same with chat_message.details: then it is "k2.", and the details and LF
 * are in front of the text. Without them (NULL) it is as above.
 */
struct sealed {
	const char *text; /* NULL: none */
	size_t n;
	const char *details;
};

const char *sealed_print(struct arena *a, const struct sealed *sealed);

/* Appends it to the buffer; false when it does not fit. */
bool sealed_write(struct buf *out, const struct sealed *sealed);

/* Both in the arena; false for what is foreign, damaged or empty. */
bool sealed_read(struct arena *a, const char *opaque, struct sealed *sealed);

#endif
