/* SPDX-License-Identifier: MIT */
#ifndef CHAT_DATA_URL_H
#define CHAT_DATA_URL_H

#include <stdbool.h>

#include "base/arena.h"
#include "chat/file.h"

/*
 * The file in a "data:" URL (RFC 2397), which must be base64. It is
 * decoded when it is read, so `url` must live as long. `name` may be NULL.
 * NULL and ERROR_VALUE when it is malformed or empty.
 */
const struct chat_file *data_url_file(struct arena *a, const char *url,
				      const char *name, struct error *e);

bool data_url_is(const char *url);

#endif
