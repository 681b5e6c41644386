/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_INLINE_FILE_H
#define UPSTREAM_API_INLINE_FILE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "chat/file.h"

/*
 * A file inside a JSON body. Its bytes may be in memory or in the database;
 * they are read in small pieces and never held as a whole.
 */

/* The file's media type without parameters, as it goes into a body. */
const char *inline_file_type(const struct chat_file *file, struct arena *a);

/*
 * Writes a text member: `prefix` (such as "data:image/png;base64,", or ""),
 * which must not need escaping, then the bytes in base64. False with the
 * error of the file's own `read` when the bytes cannot be read. A body that is
 * full stays so (`full`); whoever writes it checks that once, at its end.
 */
bool inline_file_put(struct json_writer *w, const char *key, const char *prefix,
		     const struct chat_file *file, struct error *e);

#endif
