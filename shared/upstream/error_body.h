/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_ERROR_BODY_H
#define UPSTREAM_ERROR_BODY_H

#include "base/arena.h"
#include "base/json.h"

/*
 * What a reply says about its failure, in whichever shape. JSON: OpenAI's and
 * Anthropic's error object, an error that is a text, FastAPI's "detail",
 * RFC 9457's problem, "message" at the top; any of these in a list, one in the
 * other, or as the text of the other's message. Else the title of a web page,
 * or plain text.
 */
struct error_body {
	long status;	     /* that the body names: 400 to 599; 0: none */
	const char *type;    /* NULL: none */
	const char *code;    /* likewise, in words */
	const char *message; /* likewise */
};

/* All in the arena. */
struct error_body error_body_read(struct arena *a, const char *p, size_t n);

/* The same of a tree that was read already. */
struct error_body error_body_of(struct arena *a, const cJSON *tree);

/* Whether a member called "error" is one: it may be empty, 0 or false. */
bool error_body_says(const cJSON *error);

/* Whether the tree has a member that is an error, or says that it is one. */
bool error_body_has_error(const cJSON *tree);

/* The same for what should be a reply or an event of it: nor may it consist of
 * a mere message. */
bool error_body_is_error(const cJSON *tree);

#endif
