/* SPDX-License-Identifier: MIT */
/* POST /chat/completions, with and without a {conversation-id}, and POST
 * /completions. */
#include "app/auth.h"
#include "app/conversation_id.h"
#include "app/relay/relay.h"
#include "app/routes.h"
#include "base/json.h"

/* A conversation continues from one reply. */
static bool check_choices(const struct chat_request *q, struct error *e)
{
	if (q->conversation == NULL)
		return true;
	if (q->n > 1)
		return error_field(
			e, ERROR_UNSUPPORTED, "n",
			"A conversation continues from one reply: send "
			"'n' as 1 or omit it.");
	return q->n_prompts == 1 ||
	       error_field(e, ERROR_UNSUPPORTED, "prompt",
			   "A conversation takes one prompt at a time: send "
			   "'prompt' as a string.");
}

void serve_chat(struct exchange *x)
{
	struct chat_request request;
	struct caller caller;
	struct error e;

	if (auth_check(x, &caller, &e) && exchange_decode(x, &request, &e) &&
	    conversation_id_settle(x, &request, &e) &&
	    check_choices(&request, &e))
		relay_chat(x, &caller, &request);
	else
		exchange_fail(x, &e);
}

/* Whether the body has metadata only: then it is an update, not a turn. */
static bool is_update(struct exchange *x)
{
	struct error ignored;

	return exchange_read(x, &ignored) &&
	       json_at(x->body, "messages") == NULL &&
	       cJSON_GetObjectItemCaseSensitive(x->body, "metadata") != NULL;
}

/* Reported before other missing fields, since it decides what the request
 * means. */
static bool check_messages(const struct exchange *x, struct error *e)
{
	return !cJSON_IsObject(x->body) ||
	       json_at(x->body, "messages") != NULL ||
	       error_field(e, ERROR_MISSING, "messages",
			   "'messages' is missing: send messages, or send only "
			   "'metadata' to update what is stored.");
}

void serve_chat_conversation(struct exchange *x)
{
	struct caller caller;
	struct error e;

	if (is_update(x))
		serve_stored_completion_update(x);
	else if (auth_check(x, &caller, &e) && check_messages(x, &e) &&
		 conversation_id_add(x, x->params[0], &e))
		serve_chat(x);
	else
		exchange_fail(x, &e);
}
