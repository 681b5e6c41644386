/* SPDX-License-Identifier: MIT */
/* POST /chat/completions and the like, also with a {conversation-id}, where a
 * body without messages changes what is stored. */
#include "app/auth.h"
#include "app/conversation_id.h"
#include "app/exchange.h"
#include "app/relay/relay.h"
#include "base/json.h"

bool exchange_read(struct exchange *x, struct error *e)
{
	const struct buf *body = &x->request.body;

	if (body->len == 0)
		return error_set(e, ERROR_BAD_REQUEST,
				 "The body is empty: send a JSON object.");
	if (x->body == NULL)
		x->body = json_parse(x->arena, body->p, body->len, e);
	return x->body != NULL;
}

bool exchange_decode(struct exchange *x, struct chat_request *request,
		     struct error *e)
{
	return exchange_read(x, e) &&
	       x->dialect->decode(x->arena, x->body, request, e);
}

void serve_chat(struct exchange *x)
{
	struct chat_request request;
	struct caller caller;
	struct error e;

	if (auth_check(x, &caller, &e) && exchange_decode(x, &request, &e) &&
	    exchange_name_conversation(x, &request, &e))
		relay_chat(x, &caller, &request);
	else
		exchange_fail(x, &e);
}

/* Which of the two it is, the body tells, not the id. */
static bool only_describes(struct exchange *x)
{
	struct error ignored;

	return exchange_read(x, &ignored) &&
	       json_at(x->body, "messages") == NULL &&
	       cJSON_GetObjectItemCaseSensitive(x->body, "metadata") != NULL;
}

/* Told before anything else that is missing: it is what makes a turn. */
static bool check_messages(const struct exchange *x, struct error *e)
{
	return !cJSON_IsObject(x->body) ||
	       json_at(x->body, "messages") != NULL ||
	       error_field(e, ERROR_MISSING, "messages",
			   "'messages' is missing: send some, or 'metadata' "
			   "alone to change what is stored.");
}

void serve_conversation(struct exchange *x)
{
	struct caller caller;
	struct error e;

	if (only_describes(x))
		serve_completion_describe(x);
	else if (auth_check(x, &caller, &e) && check_messages(x, &e) &&
		 conversation_id_add(x, x->param, &e))
		serve_chat(x);
	else
		exchange_fail(x, &e);
}
