/* SPDX-License-Identifier: MIT */
/* What must hold between the messages of a conversation. */
#include "chat/tool_result_check.h"

#include <string.h>

static bool has_call(const struct chat_message *m, const char *id)
{
	for (size_t i = 0; m != NULL && i < m->n_calls; i++)
		if (strcmp(m->calls[i].id, id) == 0)
			return true;
	return false;
}

bool chat_tool_result_check(const struct chat_request *request, size_t fresh,
			    bool adjacent, const char *input, struct error *e)
{
	const struct chat_message *asking = NULL;

	for (size_t i = 0; i < request->n_messages; i++) {
		const struct chat_message *m = &request->messages[i];

		if (m->role != CHAT_TOOL) {
			if (adjacent || m->n_calls > 0)
				asking = m;
			continue;
		}
		if (i < fresh || has_call(asking, m->call_id))
			continue;
		return error_field(e, ERROR_VALUE,
				   m->param != NULL ? m->param : input,
				   "No tool call found for the result of "
				   "'%.64s': it must belong to a call in the "
				   "assistant message before it.",
				   m->call_id);
	}
	return true;
}
