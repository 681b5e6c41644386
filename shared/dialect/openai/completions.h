/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_OPENAI_COMPLETIONS_H
#define DIALECT_OPENAI_COMPLETIONS_H

#include "dialect/dialect.h"
#include "dialect/field_table.h"

/* The legacy dialect (POST /v1/completions): a text that is continued. */
extern const struct field openai_completions_fields[];

#endif
