/* SPDX-License-Identifier: MIT */
#ifndef TOKENS_SCHEMA_COMMENT_H
#define TOKENS_SCHEMA_COMMENT_H

#include "tokens/schema_writer.h"

/* Each line of a text as a comment; empty lines stay empty. */
void schema_put_comment(struct schema_writer *w, const char *text, int indent);

/* The comments above a schema's type: description and constraints. */
void schema_put_comments(struct schema_writer *w, const cJSON *schema,
			 int indent);

/* "// Default: …", if the schema has one. */
void schema_put_default(struct schema_writer *w, const cJSON *schema,
			int indent);

#endif
