/* SPDX-License-Identifier: MIT */
#ifndef EMULATE_JSON_ANSWER_H
#define EMULATE_JSON_ANSWER_H

#include "chat/chat.h"
#include "emulate/raw_json.h"

/* An answer without white space and a code fence around the whole of it. */
struct raw_slice json_answer_bare(struct raw_slice answer);

/*
 * Whether a bare answer is the JSON that the request's format asks for: an
 * object, or what fits its schema (json_schema_check). The fault in words, in
 * the arena; NULL: none.
 */
const char *json_answer_fault(struct raw_slice bare,
			      const struct chat_request *request,
			      struct arena *a);

#endif
