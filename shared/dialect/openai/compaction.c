/* SPDX-License-Identifier: MIT */
/* Responses: a conversation to be replaced by its summary, for clients that
 * keep their conversations themselves (POST /v1/responses/compact). */
#include <string.h>

#include "base/buf.h"
#include "base/random_id.h"
#include "dialect/dialect.h"
#include "dialect/openai/error.h"
#include "dialect/openai/rate_headers.h"
#include "dialect/openai/item.h"
#include "dialect/openai/response.h"
#include "dialect/openai/responses_request.h"

#define LIMIT (256 * 1024 * 1024)

/* Nothing of it is stored: the client gets all that there is, and the
 * conversation continues with what it makes of that. */
static bool decode(struct arena *a, const cJSON *body,
		   struct chat_request *request, struct error *e)
{
	if (!openai_responses_request_decode(a, body, request, e))
		return false;
	request->compacts = true;
	request->stream = request->background = false;
	request->store = CHAT_STORE_OFF;
	return true;
}

static void put_message(struct json_writer *w, const struct chat_message *m,
			struct arena *a)
{
	struct chat_message named = *m;
	struct openai_item item;

	if (named.uid == NULL)
		named.uid = random_id(a, "");
	if (openai_item_find(&item, &named, 0, NULL))
		openai_item_put(w, NULL, &item);
}

/* The user's messages that stay, and the summary. */
static bool reply(struct arena *a, const struct dialect_envelope *envelope,
		  struct response *response, const struct chat_reply *whole)
{
	const struct chat_request *q = envelope->request;
	struct buf *out = arena_buf(a, LIMIT);
	struct chat_message summary = chat_reply_message(whole);
	struct json_writer w;

	summary.uid = envelope->id;
	json_writer_init(&w, out);
	json_object(&w, NULL);
	json_put_text(&w, "id",
		      arena_printf(a, OPENAI_RESPONSES_PREFIX "%s",
				   envelope->id));
	json_put_text(&w, "object", "response.compaction");
	json_put_int(&w, "created_at", envelope->created);
	json_array(&w, "output");
	for (size_t i = 0; i < q->n_kept; i++)
		put_message(&w, &q->kept[i], a);
	put_message(&w, &summary, a);
	json_close_array(&w);
	openai_response_put_usage(&w, &whole->usage);
	json_close_object(&w);
	return response_json(response, 200, out->p, out->len);
}

const struct dialect dialect_openai_compaction = {
	.name = "openai_responses",
	.input = "input",
	.decode = decode,
	.reply = reply,
	.rates = openai_rate_headers,
	.error = openai_error,
};
