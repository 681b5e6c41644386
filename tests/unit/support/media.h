/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_MEDIA_H
#define SUPPORT_MEDIA_H

#include "base/arena.h"
#include "chat/chat.h"
#include "chat/file.h"

/* Finds the bytes of all data: URLs that can be read, as the relay does it
 * before a service gets the request; other parts stay as they are. */
void media_attach(struct arena *a, struct chat_request *request);

/* A file of these bytes, of type image/png; `broken`: reading it fails with
 * ERROR_INTERNAL. */
const struct chat_file *media_file(struct arena *a, const char *bytes, size_t n,
				   bool broken);

#endif
