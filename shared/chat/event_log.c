/* SPDX-License-Identifier: MIT */
/* Events to text and back. */
#include "chat/event_log.h"

#include <string.h>

#include "base/json.h"

static const char *const block_names[] = {
	[CHAT_BLOCK_TEXT] = "text",
	[CHAT_BLOCK_REASONING] = "reasoning",
	[CHAT_BLOCK_CALL] = "call",
};

static void write_open(struct json_writer *w, const struct chat_event *event)
{
	json_put_text(w, "open", block_names[event->block]);
	json_put_int(w, "index", event->index);
	if (event->block != CHAT_BLOCK_CALL)
		return;
	json_put_int(w, "call", event->call);
	json_put_text(w, "id", event->id);
	json_put_text(w, "name", event->name);
}

static void write_citation(struct json_writer *w,
			   const struct chat_event *event)
{
	json_put_text(w, "cite", event->citation->url);
	json_put_text(w, "title", event->citation->title);
	json_put_int(w, "offset", (int64_t)event->offset);
}

static void write_finish(struct json_writer *w, const struct chat_event *event)
{
	const struct chat_usage *u = event->usage;

	json_put_text(w, "finish", chat_finish_name(event->finish));
	json_put_text(w, "source", chat_usage_source_name(u->source));
	json_put_int(w, "prompt", u->prompt);
	json_put_int(w, "completion", u->completion);
	json_put_int(w, "cached", u->cached);
	json_put_int(w, "reasoning", u->reasoning);
}

static void write_error(struct json_writer *w, const struct error *e)
{
	json_put_text(w, "error", error_name(e->kind));
	json_put_text(w, "message", e->message);
	json_put_text(w, "param", e->param);
	json_put_int(w, "retry_after_ms", e->retry_after_ms);
}

static void write_members(struct json_writer *w, const struct chat_event *event)
{
	switch (event->kind) {
	case CHAT_START:
		json_put_bool(w, "start", true);
		break;
	case CHAT_OPEN:
		write_open(w, event);
		break;
	case CHAT_DELTA:
		json_put_text_n(w, "delta", event->text, event->n);
		break;
	case CHAT_CITATION:
		write_citation(w, event);
		break;
	case CHAT_CLOSE:
		json_put_bool(w, "close", true);
		break;
	case CHAT_FINISH:
		write_finish(w, event);
		break;
	case CHAT_ERROR:
		write_error(w, event->error);
		break;
	case CHAT_PING:
		break;
	}
}

void chat_event_write(struct buf *out, const struct chat_event *event)
{
	struct json_writer w;

	if (event->kind == CHAT_PING)
		return;
	json_writer_init(&w, out);
	json_object(&w, NULL);
	write_members(&w, event);
	json_close_object(&w);
	buf_append(out, "\n", 1);
}

static bool tell(struct chat_event_reader *r, struct chat_event *event)
{
	event->block = r->block;
	event->index = r->index;
	event->call = r->call;
	return r->on_event(r->ctx, event);
}

static bool read_open(struct chat_event_reader *r, const cJSON *v,
		      const char *block)
{
	struct chat_event event = {
		.kind = CHAT_OPEN,
		.id = json_text(v, "id"),
		.name = json_text(v, "name"),
	};

	for (int i = CHAT_BLOCK_TEXT; i <= CHAT_BLOCK_CALL; i++)
		if (strcmp(block, block_names[i]) == 0)
			r->block = (enum chat_block)i;
	r->index = (unsigned)json_int(v, "index", 0);
	r->call = (unsigned)json_int(v, "call", 0);
	return tell(r, &event);
}

static bool read_citation(struct chat_event_reader *r, const cJSON *v,
			  const char *url)
{
	const struct chat_citation citation = { url, json_text(v, "title") };
	struct chat_event event = {
		.kind = CHAT_CITATION,
		.citation = &citation,
		.offset = (size_t)json_int(v, "offset", 0),
	};

	return tell(r, &event);
}

static bool read_finish(struct chat_event_reader *r, const cJSON *v,
			const char *name)
{
	const char *source = json_text(v, "source");
	struct chat_usage usage = {
		.source = chat_usage_source_named(source),
		.prompt = json_int(v, "prompt", 0),
		.completion = json_int(v, "completion", 0),
		.cached = json_int(v, "cached", 0),
		.reasoning = json_int(v, "reasoning", 0),
	};
	struct chat_event event = {
		.kind = CHAT_FINISH,
		.finish = chat_finish_named(name),
		.usage = &usage,
	};

	r->ended = true;
	return tell(r, &event);
}

static bool read_error(struct chat_event_reader *r, const cJSON *v,
		       const char *kind)
{
	const char *message = json_text(v, "message");
	const char *param = json_text(v, "param");
	struct chat_event event = { .kind = CHAT_ERROR };
	struct error error;

	error_field(&error, error_kind_named(kind), param == NULL ? "" : param,
		    "%s", message == NULL ? "" : message);
	error.retry_after_ms = json_int(v, "retry_after_ms", 0);
	event.error = &error;
	r->ended = true;
	return tell(r, &event);
}

static bool read_delta(struct chat_event_reader *r, const char *text)
{
	struct chat_event event = {
		.kind = CHAT_DELTA,
		.text = text,
		.n = strlen(text),
	};

	return tell(r, &event);
}

static bool read_plain(struct chat_event_reader *r, enum chat_event_kind kind)
{
	struct chat_event event = { .kind = kind };

	return tell(r, &event);
}

static bool read_event(struct chat_event_reader *r, const cJSON *v)
{
	const char *text;

	if ((text = json_text(v, "delta")) != NULL)
		return read_delta(r, text);
	if ((text = json_text(v, "open")) != NULL)
		return read_open(r, v, text);
	if ((text = json_text(v, "cite")) != NULL)
		return read_citation(r, v, text);
	if ((text = json_text(v, "finish")) != NULL)
		return read_finish(r, v, text);
	if ((text = json_text(v, "error")) != NULL)
		return read_error(r, v, text);
	return read_plain(r, json_at(v, "start") != NULL ? CHAT_START :
							   CHAT_CLOSE);
}

bool chat_events_read(struct chat_event_reader *r, const char *lines,
		      struct error *e)
{
	while (*lines != '\0') {
		size_t n = strcspn(lines, "\n");
		const cJSON *v = json_parse(r->arena, lines, n, e);

		if (v == NULL)
			return error_set(e, ERROR_INTERNAL,
					 "The log of this stream is damaged.");
		if (!read_event(r, v))
			return error_set(e, ERROR_CLIENT_GONE,
					 "The client left.");
		lines += n + (lines[n] == '\n');
	}
	return true;
}

/* The blocks of a message that has no spans, in their order. */
static size_t plain_spans(const struct chat_message *m, size_t text,
			  struct chat_span *spans)
{
	size_t n = 0;

	if (m->reasoning != NULL)
		spans[n++] = (struct chat_span){ CHAT_BLOCK_REASONING,
						 strlen(m->reasoning) };
	if (text > 0)
		spans[n++] = (struct chat_span){ CHAT_BLOCK_TEXT, text };
	for (size_t i = 0; i < m->n_calls; i++)
		spans[n++] = (struct chat_span){ CHAT_BLOCK_CALL, 1 };
	return n;
}

/* What is left of a message to be told. */
struct rest {
	const struct chat_message *message;
	const char *text, *reasoning;
};

static bool tell_citations(struct chat_event_reader *r,
			   const struct chat_message *m)
{
	for (size_t i = 0; i < m->n_cited; i++) {
		struct chat_event event = {
			.kind = CHAT_CITATION,
			.citation = &m->cited[i].citation,
			.offset = m->cited[i].offset,
		};

		if (!tell(r, &event))
			return false;
	}
	return true;
}

static bool tell_piece(struct chat_event_reader *r, const char **from, size_t n)
{
	struct chat_event delta = { .kind = CHAT_DELTA, .text = *from, .n = n };

	*from += n;
	return read_plain(r, CHAT_OPEN) && tell(r, &delta);
}

static bool tell_call(struct chat_event_reader *r, const struct chat_call *c)
{
	struct chat_event open = { .kind = CHAT_OPEN,
				   .id = c->id,
				   .name = c->name };
	struct chat_event delta = { .kind = CHAT_DELTA,
				    .text = c->arguments,
				    .n = strlen(c->arguments) };

	return tell(r, &open) && tell(r, &delta);
}

static bool tell_block(struct chat_event_reader *r, const struct chat_span *s,
		       struct rest *rest)
{
	r->block = s->block;
	switch (s->block) {
	case CHAT_BLOCK_TEXT:
		/* Behind the last text stands what was cited. */
		return tell_piece(r, &rest->text, s->n) &&
		       (*rest->text != '\0' ||
			tell_citations(r, rest->message));
	case CHAT_BLOCK_REASONING:
		return tell_piece(r, &rest->reasoning, s->n);
	case CHAT_BLOCK_CALL:
		return tell_call(r, &rest->message->calls[r->call]);
	}
	return false;
}

bool chat_events_of_message(struct chat_event_reader *r,
			    const struct chat_message *m)
{
	struct rest rest = { m, chat_message_text(m, r->arena), m->reasoning };
	struct chat_span *plain =
		arena_array(r->arena, m->n_calls + 2, sizeof(*plain));
	const struct chat_span *spans = m->spans;
	size_t n = m->n_spans;

	if (spans == NULL) {
		n = plain_spans(m, strlen(rest.text), plain);
		spans = plain;
	}
	if (!read_plain(r, CHAT_START))
		return false;
	for (r->index = r->call = 0; r->index < n; r->index++) {
		const struct chat_span *s = &spans[r->index];

		if (!tell_block(r, s, &rest) || !read_plain(r, CHAT_CLOSE))
			return false;
		r->call += s->block == CHAT_BLOCK_CALL;
	}
	return true;
}
