/* SPDX-License-Identifier: MIT */
/*
 * The log of a stream: any text gives events that obey the grammar, or an
 * error; and the events of any stream come back unchanged, wherever the log is
 * cut into batches. The input is read as a log, and as calls of an adapter; the
 * first byte says where to cut.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "chat/event_log.h"
#include "chat/stream.h"

#define LIMIT (64 * 1024 * 1024)
#define CALLS 4

/* Events as they arrive: each as a line of its own, and logged again. */
struct told {
	struct buf lines, log;
	bool started, open, ended;
	enum chat_block block; /* the open one */
	unsigned index, call;
};

static void told_init(struct told *t)
{
	*t = (struct told){ 0 };
	buf_init(&t->lines, LIMIT);
	buf_init(&t->log, LIMIT);
}

static void told_fini(struct told *t)
{
	buf_fini(&t->lines);
	buf_fini(&t->log);
}

static void tell_open(struct told *t, const struct chat_event *event)
{
	assert(t->started && !t->open);
	t->open = true;
	t->block = event->block;
	t->index = event->index;
	t->call = event->call;
	buf_printf(&t->lines, "open %d %u", (int)event->block, event->index);
	if (event->block != CHAT_BLOCK_CALL)
		return;
	assert(event->id != NULL && event->name != NULL);
	buf_printf(&t->lines, " %u %s %s", event->call, event->id, event->name);
}

static void check_inside(const struct told *t, const struct chat_event *event)
{
	assert(t->open && event->block == t->block && event->index == t->index);
	assert(t->block != CHAT_BLOCK_CALL || event->call == t->call);
}

static void tell_delta(struct told *t, const struct chat_event *event)
{
	check_inside(t, event);
	assert(utf8_valid(event->text, event->n));
	buf_puts(&t->lines, "delta ");
	buf_append(&t->lines, event->text, event->n);
}

static void tell_citation(struct told *t, const struct chat_event *event)
{
	check_inside(t, event);
	assert(t->block == CHAT_BLOCK_TEXT && event->citation->url != NULL);
	buf_printf(&t->lines, "cite %s %s %zu", event->citation->url,
		   event->citation->title == NULL ? "-" :
						    event->citation->title,
		   event->offset);
}

static void tell_finish(struct told *t, const struct chat_event *event)
{
	const struct chat_usage *u = event->usage;

	assert(t->started && !t->open);
	buf_printf(&t->lines, "finish %d %d %lld %lld %lld %lld %lld %lld %lld",
		   (int)event->finish, (int)u->source, (long long)u->prompt,
		   (long long)u->completion, (long long)u->cached,
		   (long long)u->reasoning, (long long)u->cache_write,
		   (long long)u->cache_write_1h, (long long)u->searches);
}

static void tell_error(struct told *t, const struct error *e)
{
	assert(e->kind < ERROR_KINDS);
	assert(utf8_valid(e->message, strlen(e->message)));
	buf_printf(&t->lines, "error %d %s %s %lld", (int)e->kind, e->param,
		   e->message, (long long)e->retry_after_ms);
}

static void tell(struct told *t, const struct chat_event *event)
{
	switch (event->kind) {
	case CHAT_START:
		assert(!t->started);
		t->started = true;
		buf_puts(&t->lines, "start");
		break;
	case CHAT_OPEN:
		tell_open(t, event);
		break;
	case CHAT_DELTA:
		tell_delta(t, event);
		break;
	case CHAT_CITATION:
		tell_citation(t, event);
		break;
	case CHAT_CLOSE:
		check_inside(t, event);
		t->open = false;
		buf_puts(&t->lines, "close");
		break;
	case CHAT_FINISH:
		tell_finish(t, event);
		break;
	case CHAT_ERROR:
		tell_error(t, event->error);
		break;
	case CHAT_PING:
		break;
	}
	buf_puts(&t->lines, "\n");
}

static bool on_logged(void *ctx, const struct chat_event *event)
{
	struct told *t = ctx;

	chat_event_log_write(&t->log, event);
	if (event->kind == CHAT_PING)
		return true;
	assert(!t->ended);
	t->ended = event->kind == CHAT_FINISH || event->kind == CHAT_ERROR;
	tell(t, event);
	return true;
}

static enum flow on_said(void *ctx, const struct chat_event *event)
{
	return on_logged(ctx, event) ? FLOW_CONTINUE : FLOW_STOP;
}

/* In two batches, the first of at most `cut` lines. */
static bool read_log(struct arena *a, struct told *t, const char *log,
		     size_t cut)
{
	struct chat_event_reader r = {
		.arena = a,
		.on_event = on_logged,
		.ctx = t,
	};
	struct error e = { .kind = ERROR_KINDS };
	const char *p = log;
	bool ok;

	for (size_t i = 0; i < cut && *p != '\0'; i++) {
		p += strcspn(p, "\n");
		p += *p == '\n';
	}
	ok = chat_event_log_read(&r, arena_copy_n(a, log, (size_t)(p - log)),
				 &e) &&
	     chat_event_log_read(&r, arena_copy(a, p), &e);
	assert(ok || (e.kind == ERROR_INTERNAL && e.message[0] != '\0'));
	assert(r.ended == t->ended);
	return ok;
}

static void check_same(const struct told *t, struct arena *a, size_t cut)
{
	struct told again;
	bool ok;

	told_init(&again);
	ok = read_log(a, &again, buf_text(&t->log), cut);
	assert(ok);
	assert(strcmp(buf_text(&again.lines), buf_text(&t->lines)) == 0);
	assert(strcmp(buf_text(&again.log), buf_text(&t->log)) == 0);
	told_fini(&again);
}

/* --- The input as a log --- */

static void check_log(struct arena *a, const char *log, size_t cut)
{
	struct told whole, batches;
	bool ok, ok_again;

	told_init(&whole);
	told_init(&batches);
	ok = read_log(a, &whole, log, 0);
	ok_again = read_log(a, &batches, log, cut);
	assert(ok_again == ok);
	assert(strcmp(buf_text(&batches.lines), buf_text(&whole.lines)) == 0);
	/* Also what came before a damaged line. */
	check_same(&whole, a, cut);
	told_fini(&batches);
	told_fini(&whole);
}

/* --- The input as a stream --- */

/* What is left of the input. */
struct script {
	const uint8_t *p, *end;
};

static unsigned next_byte(struct script *s)
{
	return s->p < s->end ? *s->p++ : 0;
}

/* Adapters have texts out of JSON: well-formed and without NUL. */
static char *next_text(struct script *s, struct arena *a)
{
	size_t n = next_byte(s), left = (size_t)(s->end - s->p);
	char *text = arena_copy_n(a, (const char *)s->p, n < left ? n : left);

	s->p += n < left ? n : left;
	utf8_repair(text);
	return text;
}

static void say_usage(struct chat_stream *stream, struct script *s)
{
	struct chat_usage u = {
		.source = (enum chat_usage_source)(next_byte(s) % 4),
		.prompt = next_byte(s),
		.completion = (int64_t)next_byte(s) << 24,
		.cached = next_byte(s),
		.reasoning = next_byte(s),
		.cache_write = next_byte(s),
		.cache_write_1h = next_byte(s),
		.searches = next_byte(s),
	};

	chat_stream_usage(stream, &u);
}

static void say_call(struct chat_stream *stream, struct script *s,
		     struct arena *a)
{
	unsigned call = next_byte(s) % CALLS;
	const char *id = next_text(s, a), *name = next_text(s, a);

	chat_stream_tool(stream, call, id, name);
}

static void say_args(struct chat_stream *stream, struct script *s,
		     struct arena *a)
{
	unsigned call = next_byte(s) % CALLS;
	const char *text = next_text(s, a);

	chat_stream_tool_args(stream, call, text, strlen(text));
}

/* Texts in two pieces, so that characters are cut. */
static void say_text(bool say(struct chat_stream *, const char *, size_t),
		     struct chat_stream *stream, struct script *s,
		     struct arena *a)
{
	size_t cut = next_byte(s);
	const char *text = next_text(s, a);
	size_t n = strlen(text);

	cut = cut < n ? cut : n;
	say(stream, text, cut);
	say(stream, text + cut, n - cut);
}

static void fail(struct chat_stream *stream, struct script *s, struct arena *a)
{
	enum error_kind kind = (enum error_kind)(next_byte(s) % ERROR_KINDS);
	const char *param = next_text(s, a);
	struct error e;

	error_field(&e, kind, strlen(param) < sizeof(e.param) ? param : "",
		    "%s", next_text(s, a));
	e.retry_after_ms = (int64_t)next_byte(s) << 16;
	chat_stream_fail(stream, &e);
}

/* Makes the next call; false at the end. */
static bool say(struct chat_stream *stream, struct script *s, struct arena *a)
{
	const char *url;

	switch (next_byte(s) % 8) {
	case 0:
		say_text(chat_stream_text, stream, s, a);
		return true;
	case 1:
		say_text(chat_stream_reasoning, stream, s, a);
		return true;
	case 2:
		say_call(stream, s, a);
		return true;
	case 3:
		say_args(stream, s, a);
		return true;
	case 4:
		url = next_text(s, a);
		return chat_stream_cite(stream, url, next_text(s, a));
	case 5:
		say_usage(stream, s);
		chat_stream_finish_reason(stream,
					  (enum chat_finish)(next_byte(s) % 4));
		return true;
	case 6:
		return chat_stream_ping(stream);
	}
	fail(stream, s, a);
	return false;
}

static void check_stream(struct arena *a, const uint8_t *p, size_t n,
			 size_t cut)
{
	struct script s = { p, p + n };
	struct chat_stream stream;
	struct error e;
	struct told t;

	told_init(&t);
	chat_stream_init(&stream, a, on_said, &t);
	while (s.p < s.end && say(&stream, &s, a))
		;
	if (!stream.ended && !chat_stream_end(&stream, &e))
		chat_stream_fail(&stream, &e);
	check_same(&t, a, cut);
	told_fini(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;

	if (size == 0)
		return 0;
	arena_init(&a);
	check_log(&a, arena_copy_n(&a, (const char *)data + 1, size - 1),
		  data[0]);
	check_stream(&a, data + 1, size - 1, data[0]);
	arena_fini(&a);
	return 0;
}
