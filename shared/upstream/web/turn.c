/* SPDX-License-Identifier: MIT */
/* What can be wrong with a turn in any protocol. */
#include "upstream/web/turn.h"

bool web_turn_too_large(const struct web_turn *t, size_t limit)
{
	return error_set(t->call->error, ERROR_TOO_LARGE,
			 "The conversation is larger than Kimi accepts (%zu "
			 "MiB): start a new one.",
			 limit >> 20);
}
