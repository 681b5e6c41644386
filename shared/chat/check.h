/* SPDX-License-Identifier: MIT */
#ifndef CHAT_CHECK_H
#define CHAT_CHECK_H

#include <stdbool.h>

#include "base/error.h"
#include "chat/chat.h"

/*
 * Whether every tool result answers a call of the assistant message before
 * it. Messages from `fresh` on are the client's, counted from `sent`: that is
 * how errors name them, unless `input` names them all: such clients may say
 * something in between.
 */
bool chat_check_calls(const struct chat_request *request, size_t fresh,
		      size_t sent, const char *input, struct error *e);

#endif
