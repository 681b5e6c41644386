/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_OPENAI_CONTENT_PARTS_H
#define DIALECT_OPENAI_CONTENT_PARTS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "chat/chat.h"

/*
 * Reads the content of an item into the message's parts: a string or an array
 * of parts; NULL is no content. Empty texts are left out. Errors name `path`,
 * as in "input[2].content".
 */
bool openai_content_parts_read(struct arena *a, const cJSON *content,
			       const char *path, struct chat_message *m,
			       struct error *e);

#endif
