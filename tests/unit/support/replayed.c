/* SPDX-License-Identifier: MIT */
/* What the relay does for one answer, without all that surrounds it. */
#include "tests/unit/support/replayed.h"

#include <string.h>

#include "chat/reply.h"
#include "chat/stream.h"
#include "dialect/dialect.h"
#include "tokens/estimate.h"
#include "tests/unit/support/fold.h"
#include "tests/unit/support/replay.h"
#include "tests/unit/support/site.h"
#include "tests/unit/support/test.h"
#include "upstream/upstream.h"

#define ID "abcdefghijklmnopqrstuvwx"

struct client {
	struct string_gateway *gateway;
	struct sink sink;
	struct response response;
};

struct run {
	struct chat_request request;
	struct chat_reply reply;
	struct encoder *encoder;
};

static void open_client(struct client *c, struct arena *a)
{
	c->gateway = string_gateway_new(a, "POST", "/", NULL);
	sink_init(&c->sink, &c->gateway->gateway);
	response_init(&c->response, &c->sink, false);
}

static const char *close_client(struct client *c, struct arena *a)
{
	char *body = arena_copy(a, site_body(buf_text(&c->gateway->out)));

	response_fini(&c->response);
	fold_normalise(body);
	return body;
}

static bool on_event(void *ctx, const struct chat_event *event)
{
	struct run *r = ctx;
	struct chat_event last = *event;

	chat_reply_event(&r->reply, event);
	if (event->kind == CHAT_FINISH) {
		if (r->reply.usage.source == CHAT_USAGE_NONE)
			r->reply.usage =
				tokens_estimate(&r->request, &r->reply);
		last.usage = &r->reply.usage;
	}
	return dialect_openai_chat.event(r->encoder, &last);
}

static bool answer(const struct replayed *in, struct run *r,
		   struct chat_stream *stream, struct arena *a, struct error *e)
{
	struct replay_answer answers[] = {
		{ .method = "POST",
		  .path = in->current ?
				  "/kimi.gateway.chat.v1.ChatService/Chat" :
				  "/completion",
		  .status = 200,
		  .body = in->bytes,
		  .n = in->n,
		  .breaks = in->breaks },
		{ .method = "POST",
		  .path = "/api/chat",
		  .status = 200,
		  .body = "{\"id\":\"d1abcdefghij01234567\"}" },
		{ 0 },
	};
	struct replay replay = {
		.arena = a, .answers = answers, .step = in->step, .cut = in->cut
	};
	struct config config = {
		.web_protocol = in->current ? CONFIG_PROTOCOL_CURRENT :
					      CONFIG_PROTOCOL_LEGACY,
		.web_urls = config_list_parse(a, "https://web.example", ','),
		.platform_urls = config_list_parse(
			a, "https://platform.example/v1", ','),
	};
	struct model model = *model_known(r->request.model, NULL);
	bool ok;
	struct http_client http;
	struct upstream_call call = {
		.arena = a,
		.http = &http,
		.config = &config,
		.bearer = "x",
		.model = &model,
		.error = e,
	};

	http_client_init(&http);
	replay_attach(&replay, &http);
	ok = model.upstream->run(&call, &r->request, stream);
	replay_detach(&http);
	return ok && chat_stream_end(stream, e);
}

void replayed_run(struct replayed *in, struct arena *a)
{
	struct dialect_answer named = { .id = ID };
	struct client streamed, whole;
	struct run *r = arena_alloc(a, sizeof(*r));
	struct chat_stream stream;
	struct error e = { 0 };

	r->request = decode(a, in->request);
	named.model = r->request.model;
	named.include_usage = r->request.include_usage;
	open_client(&streamed, a);
	open_client(&whole, a);
	chat_reply_init(&r->reply, a);
	chat_stream_init(&stream, a, on_event, r);
	r->encoder = dialect_openai_chat.encoder(a, &named, &streamed.response);
	if (answer(in, r, &stream, a, &e)) {
		dialect_openai_chat.reply(a, &named, &whole.response,
					  &r->reply);
	} else {
		dialect_name_input(&dialect_openai_chat, &e);
		chat_stream_fail(&stream, &e);
		dialect_openai_chat.error(a, &whole.response, &e);
	}
	in->stream = close_client(&streamed, a);
	in->whole = close_client(&whole, a);
}
