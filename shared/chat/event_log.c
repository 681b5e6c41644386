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

static void write_details(struct json_writer *w, const struct chat_event *event)
{
	if (event->details != NULL)
		json_put_text(w, "details", event->details);
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
	json_put_int(w, "cache_write", u->cache_write);
	json_put_int(w, "cache_write_1h", u->cache_write_1h);
	json_put_int(w, "searches", u->searches);
	write_details(w, event);
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
		write_details(w, event);
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

void chat_event_log_write(struct buf *out, const struct chat_event *event)
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

/* An event that was read, and what it points to. */
struct parsed {
	struct chat_event event;
	struct chat_citation citation;
	struct chat_usage usage;
	struct error error;
};

/* Each is false when a member is missing or unknown. */
typedef bool read_members(struct chat_event_reader *r, const cJSON *v,
			  struct parsed *p);

static bool read_block(const char *name, enum chat_block *block)
{
	for (int i = CHAT_BLOCK_TEXT; name != NULL && i <= CHAT_BLOCK_CALL; i++)
		if (strcmp(name, block_names[i]) == 0) {
			*block = (enum chat_block)i;
			return true;
		}
	return false;
}

static bool read_open(struct chat_event_reader *r, const cJSON *v,
		      struct parsed *p)
{
	p->event.id = arena_copy(r->arena, json_text(v, "id"));
	p->event.name = arena_copy(r->arena, json_text(v, "name"));
	r->index = (unsigned)json_int(v, "index", 0);
	r->call = (unsigned)json_int(v, "call", 0);
	r->open = true;
	return read_block(json_text(v, "open"), &r->block) &&
	       (r->block != CHAT_BLOCK_CALL ||
		(p->event.id != NULL && p->event.name != NULL));
}

static bool read_delta(struct chat_event_reader *r, const cJSON *v,
		       struct parsed *p)
{
	(void)r;
	p->event.text = json_text(v, "delta");
	p->event.n = p->event.text == NULL ? 0 : strlen(p->event.text);
	return p->event.text != NULL;
}

static bool read_citation(struct chat_event_reader *r, const cJSON *v,
			  struct parsed *p)
{
	p->citation.url = arena_copy(r->arena, json_text(v, "cite"));
	p->citation.title = arena_copy(r->arena, json_text(v, "title"));
	p->event.citation = &p->citation;
	p->event.offset = (size_t)json_int(v, "offset", 0);
	return r->block == CHAT_BLOCK_TEXT && p->citation.url != NULL;
}

static void read_details(struct chat_event_reader *r, const cJSON *v,
			 struct parsed *p)
{
	const char *details = json_text(v, "details");

	if (details != NULL)
		p->event.details = arena_copy(r->arena, details);
}

static bool read_close(struct chat_event_reader *r, const cJSON *v,
		       struct parsed *p)
{
	read_details(r, v, p);
	r->open = false;
	return cJSON_IsTrue(json_at(v, "close"));
}

static bool read_start(struct chat_event_reader *r, const cJSON *v,
		       struct parsed *p)
{
	(void)p;
	r->started = true;
	return cJSON_IsTrue(json_at(v, "start"));
}

static bool read_finish(struct chat_event_reader *r, const cJSON *v,
			struct parsed *p)
{
	const char *name = json_text(v, "finish");
	const char *source = json_text(v, "source");

	if (name == NULL)
		return false;
	p->usage = (struct chat_usage){
		.source = chat_usage_source_named(source),
		.prompt = json_int(v, "prompt", 0),
		.completion = json_int(v, "completion", 0),
		.cached = json_int(v, "cached", 0),
		.reasoning = json_int(v, "reasoning", 0),
		.cache_write = json_int(v, "cache_write", 0),
		.cache_write_1h = json_int(v, "cache_write_1h", 0),
		.searches = json_int(v, "searches", 0),
	};
	read_details(r, v, p);
	p->event.usage = &p->usage;
	p->event.finish = chat_finish_named(name);
	r->ended = true;
	return true;
}

static bool read_error(struct chat_event_reader *r, const cJSON *v,
		       struct parsed *p)
{
	const char *kind = json_text(v, "error");
	const char *message = json_text(v, "message");
	const char *param = json_text(v, "param");

	if (kind == NULL || message == NULL || param == NULL)
		return false;
	error_field(&p->error, error_kind_named(kind), param, "%s", message);
	p->error.retry_after_ms = json_int(v, "retry_after_ms", 0);
	p->event.error = &p->error;
	r->ended = true;
	return true;
}

/* How an event is read, by the member that gives its kind. */
static const struct reading {
	const char *member;
	enum chat_event_kind kind;
	read_members *read;
} readings[] = {
	{ "delta", CHAT_DELTA, read_delta },
	{ "open", CHAT_OPEN, read_open },
	{ "close", CHAT_CLOSE, read_close },
	{ "cite", CHAT_CITATION, read_citation },
	{ "start", CHAT_START, read_start },
	{ "finish", CHAT_FINISH, read_finish },
	{ "error", CHAT_ERROR, read_error },
};

static const struct reading *reading_of(const cJSON *v)
{
	for (size_t i = 0; i < sizeof(readings) / sizeof(*readings); i++)
		if (json_at(v, readings[i].member) != NULL)
			return &readings[i];
	return NULL;
}

/* Whether the grammar has such an event here. */
static bool fits(const struct chat_event_reader *r, enum chat_event_kind kind)
{
	if (r->ended)
		return false;
	switch (kind) {
	case CHAT_START:
		return !r->started;
	case CHAT_OPEN:
	case CHAT_FINISH:
		return r->started && !r->open;
	case CHAT_DELTA:
	case CHAT_CITATION:
	case CHAT_CLOSE:
		return r->open;
	case CHAT_PING:
	case CHAT_ERROR:
		return true;
	}
	return false;
}

static bool read_event(struct chat_event_reader *r, const cJSON *v,
		       struct parsed *p)
{
	const struct reading *reading = cJSON_IsObject(v) ? reading_of(v) :
							    NULL;

	if (reading == NULL || !fits(r, reading->kind))
		return false;
	p->event = (struct chat_event){ .kind = reading->kind };
	return reading->read(r, v, p);
}

/* One line, whose tree lives until its event is delivered. */
static bool read_line(struct chat_event_reader *r, const cJSON *v,
		      struct error *e)
{
	struct parsed p;

	if (!read_event(r, v, &p))
		return error_set(e, ERROR_INTERNAL,
				 "The log of this stream is damaged.");
	return tell(r, &p.event) ||
	       error_set(e, ERROR_CLIENT_GONE, "The client left.");
}

bool chat_event_log_read(struct chat_event_reader *r, const char *lines,
			 struct error *e)
{
	while (*lines != '\0') {
		size_t n = strcspn(lines, "\n");
		cJSON *v = json_read(lines, n, e);
		bool go_on = read_line(r, v, e);

		cJSON_Delete(v);
		if (!go_on)
			return false;
		lines += n + (lines[n] == '\n');
	}
	return true;
}

static bool tell_plain(struct chat_event_reader *r, enum chat_event_kind kind)
{
	struct chat_event event = { .kind = kind };

	return tell(r, &event);
}

/* The blocks of a message that has no spans, in their order. */
static size_t plain_spans(const struct chat_message *m, size_t text,
			  struct chat_span *spans)
{
	size_t n = 0;

	if (m->reasoning != NULL)
		spans[n++] = (struct chat_span){ CHAT_BLOCK_REASONING,
						 strlen(m->reasoning), 0 };
	if (text > 0)
		spans[n++] = (struct chat_span){ CHAT_BLOCK_TEXT, text, 0 };
	for (size_t i = 0; i < m->n_calls; i++)
		spans[n++] = (struct chat_span){ CHAT_BLOCK_CALL, 1, i };
	return n;
}

/* What remains of a message to be turned into events. */
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
	return tell_plain(r, CHAT_OPEN) && tell(r, &delta);
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
		/* Citations follow the last text. */
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

static bool tell_close(struct chat_event_reader *r,
		       const struct chat_message *m)
{
	struct chat_event close = { .kind = CHAT_CLOSE };

	if (r->block == CHAT_BLOCK_REASONING)
		close.details = m->details;
	return tell(r, &close);
}

bool chat_event_log_of_message(struct chat_event_reader *r,
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
	if (!tell_plain(r, CHAT_START))
		return false;
	for (r->index = r->call = 0; r->index < n; r->index++) {
		const struct chat_span *s = &spans[r->index];

		if (!tell_block(r, s, &rest) || !tell_close(r, m))
			return false;
		r->call += s->block == CHAT_BLOCK_CALL;
	}
	return true;
}
