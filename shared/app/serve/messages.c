/* SPDX-License-Identifier: MIT */
/* POST /messages and /messages/count_tokens. */
#include <string.h>

#include "app/auth.h"
#include "app/exchange.h"
#include "app/serve/json_response.h"
#include "app/serve/prompt_count.h"
#include "app/relay/relay.h"
#include "dialect/anthropic/messages.h"

/* A request about whose prompt something is asked, not about an answer. */
struct question {
	struct caller caller;
	struct chat_request request;
	struct model model;
	struct tokens_sum prompt;
};

static bool read_question(struct exchange *x, struct question *q,
			  struct error *e)
{
	return auth_check(x, &q->caller, e) &&
	       exchange_decode(x, &q->request, e) &&
	       exchange_name_conversation(x, &q->request, e);
}

static bool count(struct exchange *x, struct question *q, struct error *e)
{
	return prompt_count(x, &q->caller, &q->request, &q->model, &q->prompt,
			    e);
}

/* To a prompt that is only to be read the answer is empty. */
static void answer_nothing(struct exchange *x, const struct question *q)
{
	const struct chat_usage usage = { .prompt = q->prompt.n };
	const struct dialect_answer answer = {
		.id = x->id + strlen("req_"),
		.model = q->model.name,
		.request = &q->request,
		.body = x->body,
		.prompt_tokens = q->prompt.n,
		.after = -1,
	};
	const struct chat_event events[] = {
		{ .kind = CHAT_START },
		{ .kind = CHAT_FINISH,
		  .finish = CHAT_FINISH_LENGTH,
		  .usage = &usage },
	};
	struct chat_reply *reply = arena_alloc(x->arena, sizeof(*reply));
	struct encoder *encoder;

	chat_reply_init(reply, x->arena);
	encoder = q->request.stream ?
			  x->dialect->encoder(x->arena, &answer, &x->response) :
			  NULL;
	for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++) {
		chat_reply_event(reply, &events[i]);
		if (encoder != NULL)
			x->dialect->event(encoder, &events[i]);
	}
	if (encoder == NULL)
		x->dialect->reply(x->arena, &answer, &x->response, reply);
}

void serve_messages(struct exchange *x)
{
	struct question q;
	struct error e;
	bool ok = read_question(x, &q, &e);

	if (ok && !anthropic_messages_is_warm_up(x->body)) {
		relay_chat(x, &q.caller, &q.request);
		return;
	}
	if (ok && count(x, &q, &e))
		answer_nothing(x, &q);
	else
		exchange_fail(x, &e);
}

static void tell(struct exchange *x, int64_t n)
{
	struct json_response o;
	struct json_writer *w = json_response_begin(&o, x);

	json_object(w, NULL);
	json_put_int(w, "input_tokens", n);
	json_close_object(w);
	json_response_send(&o);
}

void serve_message_tokens(struct exchange *x)
{
	struct question q;
	struct error e;

	if (read_question(x, &q, &e) && count(x, &q, &e))
		tell(x, q.prompt.n);
	else
		exchange_fail(x, &e);
}
