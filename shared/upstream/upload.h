/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_UPLOAD_H
#define UPSTREAM_UPLOAD_H

#include "base/arena.h"
#include "chat/file.h"
#include "http/client.h"

/* A file on its way to Kimi, read while it is sent. */
struct upload {
	struct http_source source;
	const char *type; /* of the body */
	const struct chat_file *file;
	const char *head, *tail; /* around the file's bytes */
	int64_t head_len;
};

/* The bytes alone. */
struct upload *upload_bytes(struct arena *a, const struct chat_file *file);

/* A form (multipart/form-data) with the field `file`, and `purpose` unless it
 * is NULL. */
struct upload *upload_form(struct arena *a, const struct chat_file *file,
			   const char *purpose);

#endif
