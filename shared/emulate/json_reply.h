/* SPDX-License-Identifier: MIT */
#ifndef EMULATE_JSON_REPLY_H
#define EMULATE_JSON_REPLY_H

#include "chat/chat.h"
#include "emulate/raw_json.h"

/* A reply without the white space and the code fence around all of it. */
struct raw_slice json_reply_bare(struct raw_slice reply);

/*
 * Whether a bare reply is the JSON that the request's format asks for: an
 * object, or a value that fits its schema (schema_check). The fault in words,
 * in the arena; NULL: none.
 */
const char *json_reply_fault(struct raw_slice bare,
			     const struct chat_request *request,
			     struct arena *a);

#endif
