/* SPDX-License-Identifier: MIT */
/*
 * OpenAI's legacy completions: prompts, each of which becomes one user message,
 * and the text after each. There is no field for reasoning, so none is
 * requested and any that comes is dropped.
 */
#include "dialect/openai/completions.h"

#include <string.h>

#include "base/buf.h"
#include "dialect/common_fields.h"
#include "dialect/openai/chat_object.h"
#include "dialect/openai/error.h"
#include "dialect/openai/rate_headers.h"

#define LIMIT (256 * 1024 * 1024)
#define DEFAULT_MAX_TOKENS 16
#define MAX_CHOICES 64 /* of all prompts */

/* --- The request ---------------------------------------------------------- */

static const char *param_of(struct arena *a, const char *name, const cJSON *v,
			    size_t i)
{
	return cJSON_IsArray(v) ? arena_printf(a, "%s[%zu]", name, i) : name;
}

static bool put_prompt(struct decoder *d, const char *param, const cJSON *text,
		       struct chat_message *m)
{
	struct chat_part *part = arena_alloc(d->arena, sizeof(*part));

	if (text->valuestring[0] == '\0')
		return error_field(d->error, ERROR_MISSING, param,
				   "'%s' is empty.", param);
	part->text = text->valuestring;
	*m = (struct chat_message){
		.role = CHAT_USER,
		.parts = part,
		.n_parts = 1,
	};
	return true;
}

static bool read_prompt(struct decoder *d, const char *name, const cJSON *v)
{
	const cJSON *text = cJSON_IsArray(v) ? v->child : v;
	size_t n = cJSON_IsArray(v) ? (size_t)cJSON_GetArraySize(v) : 1;
	struct chat_message *all = arena_array(d->arena, n, sizeof(*all));

	if (!cJSON_IsString(v) && !cJSON_IsArray(v))
		return field_wrong_type(d, name, "a string or an array");
	if (n == 0)
		return error_field(d->error, ERROR_MISSING, name,
				   "'prompt' is empty.");
	for (size_t i = 0; i < n; i++, text = text->next)
		if (!cJSON_IsString(text))
			return error_field(d->error, ERROR_UNSUPPORTED, name,
					   "Token ids are not supported as a "
					   "prompt: send strings.");
		else if (!put_prompt(d, param_of(d->arena, name, v, i), text,
				     &all[i]))
			return false;
	d->request->messages = all;
	d->request->n_messages = d->request->n_prompts = n;
	return true;
}

/* Read after n. */
static bool read_best_of(struct decoder *d, const char *name, const cJSON *v)
{
	int64_t best_of = 1;

	if (!field_integer(d, name, v, 1, 20, &best_of))
		return false;
	return best_of == 1 || (size_t)best_of == d->request->n ||
	       error_field(d->error, ERROR_UNSUPPORTED, name,
			   "'best_of' must be 1 or equal to 'n': replies are "
			   "not compared here, all of them are returned.");
}

static bool read_echo(struct decoder *d, const char *name, const cJSON *v)
{
	bool ignored;

	return field_bool(d, name, v, &ignored);
}

const struct field openai_completions_fields[] = {
	{ "model", FIELD_MAPPED, common_field_model, NULL },
	{ "prompt", FIELD_MAPPED, read_prompt,
	  "strings, one or up to 64; token ids are refused" },
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
	{ "n", FIELD_MAPPED, common_field_n,
	  "1 to 8; at most 64 choices of all prompts" },
	{ "stop", FIELD_MAPPED, common_field_stop, NULL },
	{ "echo", FIELD_MAPPED, read_echo, "the reply begins with the prompt" },
	{ "user", FIELD_MAPPED, common_field_user, NULL },
	{ "store", FIELD_MAPPED, common_field_store,
	  "false: no text is stored" },
	{ "suffix", FIELD_IGNORED, NULL, NULL },
	{ "best_of", FIELD_IGNORED, read_best_of, "must be 1 or equal to n" },
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
	return chat_choices(request) <= MAX_CHOICES ||
	       error_field(e, ERROR_VALUE, "prompt",
			   "%zu prompts with %zu choices each are too many: a "
			   "request may have at most %d choices.",
			   request->n_prompts, request->n, MAX_CHOICES);
}

/* --- The reply ------------------------------------------------------------ */

struct encoder {
	struct arena *arena;
	struct dialect_envelope envelope; /* its id with the prefix */
	struct response *response;
	struct buf out; /* the chunk being made */
	struct json_writer w;
	struct json_mark choices; /* where chunks begin to differ */
};

static struct dialect_envelope named(const struct dialect_envelope *envelope,
				     struct arena *a)
{
	struct dialect_envelope n = *envelope;

	n.id = arena_printf(a, "cmpl-%s", envelope->id);
	return n;
}

/* What precedes the text of a choice: its prompt, or nothing. */
static const char *echo_of(const struct dialect_envelope *envelope,
			   size_t choice)
{
	const struct chat_request *q = envelope->request;
	const cJSON *prompt = json_at(envelope->body, "prompt");

	if (!cJSON_IsTrue(json_at(envelope->body, "echo")))
		return "";
	if (cJSON_IsArray(prompt))
		prompt = cJSON_GetArrayItem(prompt, (int)(choice / q->n));
	return prompt->valuestring;
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

static void put_choice(struct json_writer *w, size_t index, const char *text,
		       size_t n, const char *finish_reason)
{
	json_object(w, NULL);
	json_put_text_n(w, "text", text, n);
	json_put_int(w, "index", (int64_t)index);
	json_put_null(w, "logprobs");
	json_put_text(w, "finish_reason", finish_reason);
	json_close_object(w);
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
	json_writer_init(&en->w, &en->out);
	put_head(&en->w, &en->envelope);
	en->choices = json_writer_mark(&en->w);
	return en;
}

static struct json_writer *open_chunk(struct encoder *en)
{
	json_writer_return(&en->w, &en->choices);
	return &en->w;
}

static bool send_text(struct encoder *en, unsigned choice, const char *text,
		      size_t n, const char *finish_reason)
{
	struct json_writer *w = open_chunk(en);

	put_choice(w, choice, text, n, finish_reason);
	json_close_array(w);
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

static bool send_start(struct encoder *en, unsigned choice)
{
	const char *echo = echo_of(&en->envelope, choice);

	if (!begin(en) || *echo == '\0')
		return !en->response->sink->broken;
	return send_text(en, choice, echo, strlen(echo), NULL);
}

static bool send_finish(struct encoder *en, const struct chat_event *event)
{
	bool go_on =
		send_text(en, event->choice, "", 0, finish_name(event->finish));

	if (event->more)
		return go_on;
	if (en->envelope.include_usage)
		send_usage(en, event->usage);
	return response_event(en->response, "[DONE]", 6);
}

static bool on_event(struct encoder *en, const struct chat_event *event)
{
	switch (event->kind) {
	case CHAT_START:
		return send_start(en, event->choice);
	case CHAT_DELTA:
		return event->block != CHAT_BLOCK_TEXT ||
		       send_text(en, event->choice, event->text, event->n,
				 NULL);
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

static void put_reply(struct json_writer *w,
		      const struct dialect_envelope *envelope, size_t index,
		      const struct chat_reply *reply)
{
	struct buf *text = arena_buf(reply->arena, LIMIT);

	buf_puts(text, echo_of(envelope, index));
	buf_append(text, buf_text(&reply->text), reply->text.len);
	put_choice(w, index, buf_text(text), text->len,
		   finish_name(reply->finish));
}

static bool reply_whole(struct arena *a,
			const struct dialect_envelope *envelope,
			struct response *response,
			const struct chat_reply *reply)
{
	struct chat_usage usage = chat_reply_usage(reply);
	struct dialect_envelope n = named(envelope, a);
	struct buf *out = arena_buf(a, LIMIT);
	struct json_writer w;

	json_writer_init(&w, out);
	put_head(&w, &n);
	for (size_t i = 0; reply != NULL; reply = reply->next)
		put_reply(&w, envelope, i++, reply);
	json_close_array(&w);
	openai_chat_object_put_usage(&w, &usage);
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
	.rates = openai_rate_headers,
	.error = openai_error,
};
