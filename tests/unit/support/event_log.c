/* SPDX-License-Identifier: MIT */
/* A listener that holds the stream to its grammar. */
#include "tests/unit/support/event_log.h"

#include <string.h>

#include "base/utf8.h"
#include "tests/unit/support/test.h"

#define LIMIT (1024 * 1024)

static const char *const block_names[] = {
	[CHAT_BLOCK_TEXT] = "text",
	[CHAT_BLOCK_REASONING] = "reasoning",
	[CHAT_BLOCK_CALL] = "call",
};

void event_log_init(struct event_log *log, struct arena *a)
{
	*log = (struct event_log){ 0 };
	arena_buf_init(a, &log->text, LIMIT);
}

static void on_open(struct event_log *log, const struct chat_event *event)
{
	assert_false(log->open);
	assert_int_equal(event->index, log->blocks++);
	log->open = true;
	log->index = event->index;
	log->block = event->block;
	buf_printf(&log->text, "open%u:%s", event->index,
		   block_names[event->block]);
	if (event->block != CHAT_BLOCK_CALL)
		return;
	assert_int_equal(event->call, log->calls++);
	log->call = event->call;
	buf_printf(&log->text, "%u(%s,%s)", event->call, event->id,
		   event->name);
}

static void check_inside(const struct event_log *log,
			 const struct chat_event *event)
{
	assert_true(log->open);
	assert_int_equal(event->index, log->index);
	assert_int_equal(event->block, log->block);
	if (event->block == CHAT_BLOCK_CALL)
		assert_int_equal(event->call, log->call);
}

static void on_delta(struct event_log *log, const struct chat_event *event)
{
	check_inside(log, event);
	assert_true(event->n > 0);
	assert_true(utf8_valid(event->text, event->n));
	if (event->block == CHAT_BLOCK_TEXT)
		log->characters += utf8_count(event->text, event->n);
	buf_printf(&log->text, "delta%u:", event->index);
	buf_append(&log->text, event->text, event->n);
}

static void on_citation(struct event_log *log, const struct chat_event *event)
{
	check_inside(log, event);
	assert_int_equal(event->block, CHAT_BLOCK_TEXT);
	assert_true(log->characters > 0);
	assert_int_equal(event->offset, log->characters);
	buf_printf(&log->text, "cite:%s(%s)@%zu", event->citation->url,
		   event->citation->title, event->offset);
}

static void write_event(struct event_log *log, const struct chat_event *event)
{
	switch (event->kind) {
	case CHAT_START:
		assert_false(log->started);
		log->started = true;
		buf_puts(&log->text, "start");
		break;
	case CHAT_OPEN:
		on_open(log, event);
		break;
	case CHAT_DELTA:
		on_delta(log, event);
		break;
	case CHAT_CITATION:
		on_citation(log, event);
		break;
	case CHAT_CLOSE:
		check_inside(log, event);
		log->open = false;
		buf_printf(&log->text, "close%u", event->index);
		break;
	case CHAT_PING:
		buf_puts(&log->text, "ping");
		break;
	case CHAT_FINISH:
		assert_false(log->open);
		log->ended = true;
		buf_printf(&log->text, "finish:%s",
			   chat_finish_name(event->finish));
		break;
	case CHAT_ERROR:
		log->ended = true;
		buf_printf(&log->text, "error:%s",
			   error_name(event->error->kind));
		break;
	}
}

enum flow event_log_event(void *ctx, const struct chat_event *event)
{
	struct event_log *log = ctx;

	assert_false(log->ended);
	if (event->kind != CHAT_START && event->kind != CHAT_PING &&
	    event->kind != CHAT_ERROR)
		assert_true(log->started);
	if (log->text.len > 0)
		buf_puts(&log->text, " ");
	write_event(log, event);
	if (event->details != NULL)
		buf_printf(&log->text, "[%s]", event->details);
	log->seen++;
	return log->stop_after == 0 || log->seen < log->stop_after ?
		       FLOW_CONTINUE :
		       FLOW_STOP;
}
