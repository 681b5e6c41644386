/* SPDX-License-Identifier: MIT */
/*
 * OpenAI's legacy completions: one prompt, which becomes one user message, and
 * the text after it. There is no field for reasoning, so none is requested and
 * any that comes is dropped.
 */
#include "dialect/openai/completions.h"

#include <string.h>

#include "base/buf.h"
#include "dialect/common_fields.h"
#include "dialect/openai/chat_object.h"
#include "dialect/openai/error.h"

#define LIMIT (256 * 1024 * 1024)
#define DEFAULT_MAX_TOKENS 16

/* --- The request ---------------------------------------------------------- */

/* The string itself, or the only one of an array; else NULL. */
static const char *prompt_of(const cJSON *v)
{
	if (cJSON_IsArray(v) && cJSON_GetArraySize(v) == 1)
		v = v->child;
	return cJSON_IsString(v) ? v->valuestring : NULL;
}

static bool take_prompt(struct decoder *d, const char *name, const char *text)
{
	struct chat_message *m = arena_alloc(d->arena, sizeof(*m));
	struct chat_part *part = arena_alloc(d->arena, sizeof(*part));

	if (*text == '\0')
		return error_field(d->error, ERROR_MISSING, name,
				   "'prompt' is empty.");
	*part = (struct chat_part){ .kind = CHAT_PART_TEXT, .text = text };
	*m = (struct chat_message){
		.role = CHAT_USER,
		.parts = part,
		.n_parts = 1,
	};
	d->request->messages = m;
	d->request->n_messages = 1;
	return true;
}

static bool read_prompt(struct decoder *d, const char *name, const cJSON *v)
{
	const char *text = prompt_of(v);

	if (text != NULL)
		return take_prompt(d, name, text);
	if (!cJSON_IsArray(v))
		return field_wrong_type(d, name, "a string");
	if (v->child == NULL)
		return error_field(d->error, ERROR_MISSING, name,
				   "'prompt' is empty.");
	if (!cJSON_IsString(v->child))
		return error_field(d->error, ERROR_UNSUPPORTED, name,
				   "Token ids are not supported as a prompt: "
				   "send 'prompt' as a string.");
	return error_field(d->error, ERROR_UNSUPPORTED, name,
			   "Only one prompt per request is supported: "
			   "send 'prompt' as a string.");
}

static bool read_echo(struct decoder *d, const char *name, const cJSON *v)
{
	bool ignored;

	return field_bool(d, name, v, &ignored);
}

const struct field openai_completions_fields[] = {
	{ "model", FIELD_MAPPED, common_field_model, NULL },
	{ "prompt", FIELD_MAPPED, read_prompt,
	  "one string; several strings, or token ids, are refused" },
	{ "stream", FIELD_MAPPED, common_field_stream, NULL },
	{ "stream_options", FIELD_MAPPED, common_field_stream_options,
	  "include_usage; other members are ignored" },
	{ "max_tokens", FIELD_MAPPED, common_field_max_tokens, "default: 16" },
	{ "temperature", FIELD_MAPPED, common_field_temperature,
	  "if the model allows it" },
	{ "top_p", FIELD_MAPPED, common_field_top_p, "if the model allows it" },
	{ "presence_penalty", FIELD_MAPPED, common_field_presence,
	  "if the model allows it" },
	{ "frequency_penalty", FIELD_MAPPED, common_field_frequency,
	  "if the model allows it" },
	{ "n", FIELD_MAPPED, common_field_n, "anything but 1 is refused" },
	{ "stop", FIELD_MAPPED, common_field_stop, NULL },
	{ "echo", FIELD_MAPPED, read_echo, "the reply begins with the prompt" },
	{ "user", FIELD_MAPPED, common_field_user, NULL },
	{ "store", FIELD_MAPPED, common_field_store,
	  "false: no text is stored" },
	{ "suffix", FIELD_IGNORED, NULL, NULL },
	{ "best_of", FIELD_IGNORED, NULL, NULL },
	{ "logprobs", FIELD_IGNORED, NULL, NULL },
	{ "logit_bias", FIELD_IGNORED, NULL, NULL },
	{ "seed", FIELD_IGNORED, NULL, NULL },
	{ 0 },
};

static bool decode(struct arena *a, const cJSON *body,
		   struct chat_request *request, struct error *e)
{
	struct decoder d;

	field_decoder_init(&d, a, request, e);
	request->max_tokens = DEFAULT_MAX_TOKENS;
	request->thinking = CHAT_THINKING_OFF;
	if (!field_table_read(&d, openai_completions_fields, body))
		return false;
	if (!common_field_has_model(request, e))
		return false;
	if (request->n_messages == 0)
		return error_field(e, ERROR_MISSING, "prompt",
				   "'prompt' is missing.");
	return true;
}

/* --- The reply ------------------------------------------------------------ */

struct encoder {
	struct arena *arena;
	struct dialect_envelope envelope; /* its id with the prefix */
	struct response *response;
	struct buf out; /* the chunk being made */
	struct json_writer w;
};

static struct dialect_envelope named(const struct dialect_envelope *envelope,
				     struct arena *a)
{
	struct dialect_envelope n = *envelope;

	n.id = arena_printf(a, "cmpl-%s", envelope->id);
	return n;
}

/* What precedes the reply: the prompt, or nothing. */
static const char *echo_of(const struct dialect_envelope *envelope)
{
	const char *prompt = prompt_of(json_at(envelope->body, "prompt"));

	if (prompt == NULL || !cJSON_IsTrue(json_at(envelope->body, "echo")))
		return "";
	return prompt;
}

static const char *finish_name(enum chat_finish finish)
{
	/* This format cannot express calls. */
	return chat_finish_name(finish == CHAT_FINISH_CALLS ? CHAT_FINISH_STOP :
							      finish);
}

static void put_head(struct json_writer *w,
		     const struct dialect_envelope *envelope)
{
	json_object(w, NULL);
	json_put_text(w, "id", envelope->id);
	json_put_text(w, "object", "text_completion");
	json_put_int(w, "created", envelope->created);
	json_put_text(w, "model", envelope->model);
	json_array(w, "choices");
}

/* The one choice, and the end of all. */
static void put_choice(struct json_writer *w, const char *text, size_t n,
		       const char *finish_reason)
{
	json_object(w, NULL);
	json_put_text_n(w, "text", text, n);
	json_put_int(w, "index", 0);
	json_put_null(w, "logprobs");
	json_put_text(w, "finish_reason", finish_reason);
	json_close_object(w);
	json_close_array(w);
}

static struct encoder *encoder(struct arena *a,
			       const struct dialect_envelope *envelope,
			       struct response *response)
{
	struct encoder *en = arena_alloc(a, sizeof(*en));

	en->arena = a;
	en->envelope = named(envelope, a);
	en->response = response;
	arena_buf_init(a, &en->out, LIMIT);
	return en;
}

static struct json_writer *open_chunk(struct encoder *en)
{
	buf_clear(&en->out);
	json_writer_init(&en->w, &en->out);
	put_head(&en->w, &en->envelope);
	return &en->w;
}

static bool send_text(struct encoder *en, const char *text, size_t n,
		      const char *finish_reason)
{
	struct json_writer *w = open_chunk(en);

	put_choice(w, text, n, finish_reason);
	if (en->envelope.include_usage)
		json_put_null(w, "usage");
	json_close_object(w);
	return response_event(en->response, en->out.p, en->out.len);
}

static bool send_usage(struct encoder *en, const struct chat_usage *usage)
{
	struct json_writer *w = open_chunk(en);

	json_close_array(w);
	openai_chat_object_put_usage(w, usage);
	json_close_object(w);
	return response_event(en->response, en->out.p, en->out.len);
}

static bool begin(struct encoder *en)
{
	return en->response->begun || response_stream(en->response);
}

static bool send_start(struct encoder *en)
{
	const char *echo = echo_of(&en->envelope);

	if (!begin(en) || *echo == '\0')
		return !en->response->sink->broken;
	return send_text(en, echo, strlen(echo), NULL);
}

static bool send_finish(struct encoder *en, const struct chat_event *event)
{
	send_text(en, "", 0, finish_name(event->finish));
	if (en->envelope.include_usage)
		send_usage(en, event->usage);
	return response_event(en->response, "[DONE]", 6);
}

static bool on_event(struct encoder *en, const struct chat_event *event)
{
	switch (event->kind) {
	case CHAT_START:
		return send_start(en);
	case CHAT_DELTA:
		return event->block != CHAT_BLOCK_TEXT ||
		       send_text(en, event->text, event->n, NULL);
	case CHAT_OPEN:
	case CHAT_CITATION:
	case CHAT_CLOSE:
		return true;
	case CHAT_PING:
		begin(en);
		return response_comment(en->response, "keep-alive");
	case CHAT_FINISH:
		return send_finish(en, event);
	case CHAT_ERROR:
		return openai_error(en->arena, en->response, event->error);
	}
	return false;
}

static struct buf *new_buf(struct arena *a)
{
	struct buf *b = arena_buf(a, LIMIT);

	return b;
}

static bool reply_whole(struct arena *a,
			const struct dialect_envelope *envelope,
			struct response *response,
			const struct chat_reply *reply)
{
	struct buf *out = new_buf(a), *text = new_buf(a);
	struct dialect_envelope n = named(envelope, a);
	struct json_writer w;

	buf_puts(text, echo_of(envelope));
	buf_append(text, buf_text(&reply->text), reply->text.len);
	json_writer_init(&w, out);
	put_head(&w, &n);
	put_choice(&w, buf_text(text), text->len, finish_name(reply->finish));
	openai_chat_object_put_usage(&w, &reply->usage);
	json_close_object(&w);
	return response_json(response, 200, out->p, out->len);
}

const struct dialect dialect_openai_completions = {
	.name = "openai_completions",
	.input = "prompt",
	.decode = decode,
	.encoder = encoder,
	.event = on_event,
	.reply = reply_whole,
	.error = openai_error,
};
