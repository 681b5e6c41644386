/* SPDX-License-Identifier: MIT */
/* POST /messages and /messages/count_tokens. */
#include <string.h>

#include "app/auth.h"
#include "app/conversation_id.h"
#include "app/relay/relay.h"
#include "app/routes.h"
#include "app/serve/json_response.h"
#include "app/serve/prompt_count.h"
#include "dialect/anthropic/messages_request.h"

struct asked {
	struct caller caller;
	struct chat_request request;
	struct model model;
	struct tokens_sum prompt;
};

static bool read_request(struct exchange *x, struct asked *a, struct error *e)
{
	return auth_check(x, &a->caller, e) &&
	       exchange_decode(x, &a->request, e) &&
	       conversation_id_settle(x, &a->request, e);
}

static bool count(struct exchange *x, struct asked *a, struct error *e)
{
	return prompt_count(x, &a->caller, &a->request, &a->model, &a->prompt,
			    e);
}

/* A warm-up gets an empty reply; Kimi is not asked. */
static void send_empty_reply(struct exchange *x, const struct asked *a)
{
	const struct chat_usage usage = { .prompt = a->prompt.n };
	const struct dialect_envelope answer = {
		.id = x->id + strlen("req_"),
		.model = a->model.name,
		.request = &a->request,
		.body = x->body,
		.prompt_tokens = a->prompt.n,
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
	encoder = a->request.stream ?
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
	struct asked a;
	struct error e;
	bool ok = read_request(x, &a, &e);

	if (ok && !anthropic_messages_request_is_warm_up(x->body)) {
		relay_chat(x, &a.caller, &a.request);
		return;
	}
	if (ok && count(x, &a, &e))
		send_empty_reply(x, &a);
	else
		exchange_fail(x, &e);
}

static void send_count(struct exchange *x, int64_t n)
{
	struct json_response o;
	struct json_writer *w = json_response_begin(&o, x);

	json_object(w, NULL);
	json_put_int(w, "input_tokens", n);
	json_close_object(w);
	json_response_send(&o);
}

void serve_messages_count_tokens(struct exchange *x)
{
	struct asked a;
	struct error e;

	if (read_request(x, &a, &e) && count(x, &a, &e))
		send_count(x, a.prompt.n);
	else
		exchange_fail(x, &e);
}
