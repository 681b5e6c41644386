/* SPDX-License-Identifier: MIT */
#ifndef CHAT_MEDIA_TYPE_H
#define CHAT_MEDIA_TYPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* This many bytes from the start of a file are enough to determine its type. */
#define MEDIA_TYPE_HEAD 512

/*
 * The media type of a file: that of an image if its first bytes are one's, else
 * the declared type, else by the ending of its name, else a guess from its
 * bytes. `declared` and `name` may be NULL. Never NULL, and with its
 * parameters.
 */
const char *media_type_of(const void *head, size_t n, const char *declared,
			  const char *name, struct arena *a);

/* The ending of such files' names: ".png"; "" if it is not known. */
const char *media_type_ending(const char *type);

/* All of these ignore parameters. */
bool media_type_is(const char *type, const char *other);
bool media_type_begins(const char *type, const char *start); /* "image/" */

/* Whether a model can read the bytes as they are. */
bool media_type_is_text(const char *type);

/* Images that Kimi accepts. */
bool media_type_is_image(const char *type);

#endif
