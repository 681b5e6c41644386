/* SPDX-License-Identifier: MIT */
#ifndef CHAT_CALL_ARGUMENTS_H
#define CHAT_CALL_ARGUMENTS_H

#include <stdbool.h>

#include "base/arena.h"

/*
 * The arguments of a call are text that should be a JSON object. A model may
 * write something else, and a reply may be cut off within them: the text is
 * kept as it is, and only where an object must stand it becomes one.
 */

/* Whether the text is a JSON object, to the letter of RFC 8259. */
bool call_arguments_are_object(const char *text);

/*
 * The text if it is an object, with "\ufffd" for half a surrogate pair, which
 * would make a strict reader refuse all of it; {} if it is blank or null, which
 * is how clients call without arguments. Lenient JSON is written properly, and
 * an object that was quoted twice is unwrapped; any other text is preserved as
 * {"INVALID_JSON":"…"}, the form that Anthropic documents for it. In the arena,
 * or `text`.
 */
const char *call_arguments_object(struct arena *a, const char *text);

#endif
