/* SPDX-License-Identifier: MIT */
#ifndef CHAT_MEDIA_TYPE_H
#define CHAT_MEDIA_TYPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* So many bytes of a file's start are enough to know its type. */
#define MEDIA_TYPE_HEAD 512

/*
 * The media type of a file: what its first bytes say of an image, else what
 * it was declared as, else what its name ends in, else what its bytes look
 * like. `declared` and `name` may be NULL. Never NULL, and with its parameters.
 */
const char *media_type_of(const void *head, size_t n, const char *declared,
			  const char *name, struct arena *a);

/* What names of such files end in: ".png"; "" if it is not known. */
const char *media_type_ending(const char *type);

/* All of these ignore parameters. */
bool media_type_is(const char *type, const char *other);
bool media_type_begins(const char *type, const char *start); /* "image/" */

/* Whether a model can read the bytes as they are. */
bool media_type_is_text(const char *type);

/* Images that Kimi accepts. */
bool media_type_is_image(const char *type);

#endif
