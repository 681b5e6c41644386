/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_OPENAI_ARGUMENTS_H
#define DIALECT_OPENAI_ARGUMENTS_H

#include "base/arena.h"
#include "base/json.h"

/*
 * The arguments of a call as text: a string as it is, an object, which some
 * clients send instead, as its JSON; {} if they are missing or empty. NULL if
 * they are of another type.
 */
const char *openai_arguments_text(struct arena *a, const cJSON *arguments);

/* Those of a tool that takes free text, which is one argument of its function;
 * NULL: there is no text. */
const char *openai_arguments_of_input(struct arena *a, const char *input);

#endif
