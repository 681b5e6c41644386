/* SPDX-License-Identifier: MIT */
#ifndef TOKENS_SCHEMA_COMMENT_H
#define TOKENS_SCHEMA_COMMENT_H

#include "tokens/schema_type.h"

void schema_put_text(struct schema_writer *w, const char *text);
void schema_put_indent(struct schema_writer *w, int indent);

/* A scalar as Python's str() gives it. */
void schema_put_scalar(struct schema_writer *w, const cJSON *v);

/* The lines of a text as comments; empty ones stay empty. */
void schema_put_comment(struct schema_writer *w, const char *text, int indent);

/* A schema's description and constraints, and its default. */
void schema_put_comments(struct schema_writer *w, const cJSON *schema,
			 int indent);
void schema_put_default(struct schema_writer *w, const cJSON *schema,
			int indent);

#endif
