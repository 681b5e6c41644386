/* SPDX-License-Identifier: MIT */
/* OpenAI's Responses as a dialect, and its reply as a whole. */
#include "base/buf.h"
#include "dialect/dialect.h"
#include "dialect/openai/error.h"
#include "dialect/openai/rate_headers.h"
#include "dialect/openai/response.h"
#include "dialect/openai/responses_request.h"
#include "dialect/openai/responses_stream.h"

#define LIMIT (256 * 1024 * 1024)

/* An overflow is reported within a stream: only there does Codex stop on it. */
static int status(enum error_kind kind, bool stream)
{
	return stream && kind == ERROR_CONTEXT_LENGTH ? 200 :
							error_status(kind);
}

static bool send(struct arena *a, struct response *response,
		 const struct openai_response *r)
{
	struct buf *out = arena_buf(a, LIMIT);
	struct json_writer w;

	json_writer_init(&w, out);
	openai_response_put(&w, NULL, r);
	return response_json(response, 200, out->p, out->len);
}

static bool reply(struct arena *a, const struct dialect_envelope *envelope,
		  struct response *response, const struct chat_reply *whole)
{
	struct openai_response r = openai_response_of(envelope, a);
	struct chat_message message = chat_reply_message(whole);

	message.uid = envelope->id;
	r.message = &message;
	r.usage = &whole->usage;
	openai_response_finish(&r, envelope, whole->finish);
	return send(a, response, &r);
}

static bool accepted(struct arena *a, const struct dialect_envelope *envelope,
		     struct response *response)
{
	struct openai_response r = openai_response_of(envelope, a);

	r.status = OPENAI_RESPONSE_QUEUED;
	return send(a, response, &r);
}

const struct dialect dialect_openai_responses = {
	.name = "openai_responses",
	.input = "input",
	.stored_prefix = OPENAI_RESPONSES_PREFIX,
	.stored_kind = "response",
	.decode = openai_responses_request_decode,
	.encoder = openai_responses_stream_encoder,
	.event = openai_responses_stream_event,
	.reply = reply,
	.accepted = accepted,
	.status = status,
	.rates = openai_rate_headers,
	.error = openai_error,
};
