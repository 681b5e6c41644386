/* SPDX-License-Identifier: MIT */
/* What a service lacks for a request. */
#include "emulate/gaps.h"

#include "upstream/upstream.h"

static bool has_calls(const struct chat_request *q)
{
	for (size_t i = 0; i < q->n_messages; i++)
		if (q->messages[i].n_calls > 0 ||
		    q->messages[i].role == CHAT_TOOL)
			return true;
	return false;
}

struct gaps gaps_find(const struct chat_request *q, unsigned features)
{
	bool has_tools = q->n_tools > 0 && q->tool_choice != CHAT_TOOLS_NONE;
	struct gaps gaps = { 0 };

	if (!(features & UPSTREAM_TOOLS)) {
		gaps.tools = has_tools;
		gaps.history = has_calls(q);
	}
	if (!(features & UPSTREAM_FORMAT))
		gaps.format = q->format != CHAT_FORMAT_TEXT;
	if (!(features & UPSTREAM_LIMITS))
		gaps.limits = q->n_stop > 0 || q->max_tokens > 0;
	return gaps;
}

bool gaps_none(const struct gaps *gaps)
{
	return !gaps->tools && !gaps->history && !gaps->format && !gaps->limits;
}
