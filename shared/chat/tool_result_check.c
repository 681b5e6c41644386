/* SPDX-License-Identifier: MIT */
/* What must hold between the messages of a conversation. */
#include "chat/tool_result_check.h"

#include <string.h>

#include "base/key_index.h"

/* Fewer calls are looked through one by one. */
#define FEW 8

/* The message that the next results belong to, and its calls. */
struct asking {
	const struct chat_message *message; /* NULL: none */
	struct key_index calls;		    /* if they are not few */
};

static void ask(struct asking *k, const struct chat_message *m, struct arena *a)
{
	k->message = m;
	key_index_init(&k->calls, a);
	for (size_t i = 0; m->n_calls > FEW && i < m->n_calls; i++)
		key_index_put(&k->calls, m->calls[i].id, i);
}

static bool has_call(const struct asking *k, const char *id)
{
	const struct chat_message *m = k->message;

	if (m != NULL && m->n_calls > FEW)
		return key_index_find(&k->calls, id) != KEY_INDEX_NONE;
	for (size_t i = 0; m != NULL && i < m->n_calls; i++)
		if (strcmp(m->calls[i].id, id) == 0)
			return true;
	return false;
}

bool chat_tool_result_check(struct arena *a, const struct chat_request *request,
			    size_t fresh, bool adjacent, const char *input,
			    struct error *e)
{
	struct asking asking = { 0 };

	for (size_t i = 0; i < request->n_messages; i++) {
		const struct chat_message *m = &request->messages[i];

		if (m->role != CHAT_TOOL) {
			if (adjacent || m->n_calls > 0)
				ask(&asking, m, a);
			continue;
		}
		if (i < fresh || has_call(&asking, m->call_id))
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
