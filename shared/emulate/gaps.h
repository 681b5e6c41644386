/* SPDX-License-Identifier: MIT */
#ifndef EMULATE_GAPS_H
#define EMULATE_GAPS_H

#include <stdbool.h>

#include "chat/chat.h"

/* What a request asks for and its service does not offer. */
struct gaps {
	bool tools;   /* to describe in words, and calls to find in the text */
	bool history; /* earlier calls and results, to be retold as text */
	bool format;  /* JSON, to ask for in words and to check */
	bool limits;  /* stop and max_tokens, where to cut the reply */
};

/* `features` are the service's, of enum upstream_feature. */
struct gaps gaps_find(const struct chat_request *request, unsigned features);

bool gaps_none(const struct gaps *gaps);

#endif
