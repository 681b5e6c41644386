/* SPDX-License-Identifier: MIT */
#ifndef APP_SERVE_FILE_OBJECT_H
#define APP_SERVE_FILE_OBJECT_H

#include "app/exchange.h"
#include "base/json.h"
#include "store/files.h"

/* Writes OpenAI's object for a file (OpenAIFile in the API description of
 * August 2026). */
void file_object_put(struct json_writer *w, const struct store_file *f);

/* Answers with it. */
void file_object_send(const struct store_file *f, struct exchange *x);

#endif
