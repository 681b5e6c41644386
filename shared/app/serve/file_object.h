/* SPDX-License-Identifier: MIT */
#ifndef APP_SERVE_FILE_OBJECT_H
#define APP_SERVE_FILE_OBJECT_H

#include "app/exchange.h"
#include "base/json.h"
#include "store/files.h"

/* OpenAI's object of a file (API description of August 2026, OpenAIFile). */
void file_object_put(struct json_writer *w, const struct store_file *f);

/* It alone, as the answer. */
void file_object_send(struct exchange *x, const struct store_file *f);

#endif
