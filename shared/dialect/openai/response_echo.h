/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_OPENAI_RESPONSE_ECHO_H
#define DIALECT_OPENAI_RESPONSE_ECHO_H

#include "base/json.h"

/* Writes the members of a response that repeat its request. */
void openai_response_echo_put(struct json_writer *w, const cJSON *settings);

#endif
