/* SPDX-License-Identifier: MIT */
/* POST /chat/completions and /chat/completions/{conversation-id}. */
#include <ctype.h>
#include <string.h>

#include "app/auth.h"
#include "app/exchange.h"
#include "app/relay.h"
#include "base/json.h"

#define LONGEST_ID 128
#define COMPLETION_PREFIX "chatcmpl-"

static bool check_conversation_id(const char *id, struct error *e)
{
	size_t n = strlen(id);

	if (n > LONGEST_ID || strcmp(id, ".") == 0 || strcmp(id, "..") == 0)
		return error_field(e, ERROR_VALUE, "conversation_id",
				   "A conversation id has 1 to %d characters.",
				   LONGEST_ID);
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)id[i]) &&
		    strchr("._~:@-", id[i]) == NULL)
			return error_field(e, ERROR_VALUE, "conversation_id",
					   "A conversation id has letters, "
					   "digits and ._~:@- only.");
	if (strncmp(id, COMPLETION_PREFIX, strlen(COMPLETION_PREFIX)) == 0)
		return error_field(e, ERROR_VALUE, "conversation_id",
				   "Ids that begin with " COMPLETION_PREFIX
				   " are those of completions.");
	return true;
}

bool exchange_decode(struct exchange *x, struct chat_request *request,
		     struct error *e)
{
	const struct buf *body = &x->request.body;
	const cJSON *tree;

	if (body->len == 0)
		return error_set(e, ERROR_BAD_REQUEST,
				 "The body is empty: send a JSON object.");
	tree = json_parse(x->arena, body->p, body->len, e);
	x->body = tree;
	return tree != NULL && x->dialect->decode(x->arena, tree, request, e);
}

static void serve(struct exchange *x, const char *conversation)
{
	struct chat_request request;
	struct caller caller;
	struct error e;

	if (!auth_check(x, &caller, &e) || !exchange_decode(x, &request, &e) ||
	    (conversation != NULL &&
	     !check_conversation_id(conversation, &e))) {
		exchange_fail(x, &e);
		return;
	}
	request.conversation = conversation;
	relay_chat(x, &caller, &request);
}

void serve_chat(struct exchange *x)
{
	serve(x, NULL);
}

void serve_conversation(struct exchange *x)
{
	serve(x, x->param);
}
