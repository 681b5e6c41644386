/* SPDX-License-Identifier: MIT */
#ifndef TOKENS_SCHEMA_TYPE_H
#define TOKENS_SCHEMA_TYPE_H

#include "tokens/schema_writer.h"

/* The type of a schema. */
void schema_put_type(struct schema_writer *w, const cJSON *schema);

/* The same, as an object, whatever type the schema says it has. */
void schema_put_object(struct schema_writer *w, const cJSON *schema);

/* The properties alone, by name, whether required or not. */
void schema_put_properties(struct schema_writer *w, const cJSON *object);

#endif
