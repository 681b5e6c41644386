/* SPDX-License-Identifier: MIT */
/* A stream that was cut, taken up again. */
#include "app/serve/resume.h"

#include <stdlib.h>
#include <string.h>

#include "app/serve/response_object.h"
#include "base/clock.h"
#include "chat/event_log.h"
#include "http/keep_alive.h"
#include "store/stream_log.h"

#define STEP_MS 100

struct resume {
	struct exchange *x;
	struct store *store;
	const struct stored_response *answer;
	struct chat_request request; /* what of it the encoder looks at */
	struct dialect_answer head;
	const char *key;
	struct encoder *encoder;
	struct chat_event_reader reader;
	struct store_stream_log log;
	struct arena batch; /* of one look into the log */
	struct keep_alive keep_alive;
};

static bool tell(struct resume *r, const struct chat_event *event)
{
	const struct chat_event ping = { .kind = CHAT_PING };

	/* The response is there, though it failed: its stream begins. */
	if (event->kind == CHAT_ERROR && !r->x->response.begun)
		r->x->dialect->event(r->encoder, &ping);
	r->x->dialect->event(r->encoder, event);
	keep_alive_wrote(&r->keep_alive, &r->x->sink);
	return !r->x->sink.broken;
}

/* Who wrote down the end did not know yet that it had been cancelled. */
static bool on_event(void *ctx, const struct chat_event *event)
{
	struct resume *r = ctx;
	struct error why;
	struct chat_event end = { .kind = CHAT_ERROR, .error = &why };

	if (event->kind != CHAT_FINISH ||
	    r->answer->status == STORED_RESPONSE_DONE)
		return tell(r, event);
	response_object_failure(r->answer, &why);
	return tell(r, &end);
}

static bool read_after(struct exchange *x, int64_t *after, struct error *e)
{
	const char *text =
		http_request_query(&x->request, "starting_after", x->arena);
	char *end;

	*after = -1;
	if (text == NULL)
		return true;
	*after = strtoll(text, &end, 10);
	return (*end == '\0' && *after >= 0) ||
	       error_field(e, ERROR_VALUE, "starting_after",
			   "'starting_after' must be the sequence_number of "
			   "an event.");
}

static void begin(struct resume *r, int64_t after)
{
	const struct stored_response *answer = r->answer;
	const char *random = answer->id + strlen(r->x->dialect->stored_prefix);
	struct openai_response object;
	struct error ignored;

	response_object_fill(&object, answer, r->x->arena, &ignored);
	r->request = (struct chat_request){
		.model = answer->model,
		.stream = true,
		.store = CHAT_STORE_ON,
		.background = answer->background,
		.previous = answer->previous,
		.conversation = answer->conversation,
		.effort = json_text(object.settings, "reasoning.effort"),
	};
	r->head = (struct dialect_answer){
		.id = random,
		.created = object.created,
		.completed = object.completed,
		.model = answer->model,
		.request = &r->request,
		.body = object.settings,
		.after = after,
	};
	r->encoder =
		r->x->dialect->encoder(r->x->arena, &r->head, &r->x->response);
}

/* The end of an answer whose log has none. */
static void tell_end(struct resume *r)
{
	const struct stored_response *answer = r->answer;
	struct error why;
	struct chat_event end = { .kind = CHAT_FINISH,
				  .finish = answer->finish,
				  .usage = &answer->usage };

	if (answer->status != STORED_RESPONSE_DONE) {
		response_object_failure(answer, &why);
		end = (struct chat_event){ .kind = CHAT_ERROR,
					   .error = &why,
					   .lost = true };
	}
	tell(r, &end);
}

/* One that was not streamed: from what is stored of it. */
static void tell_stored(struct resume *r)
{
	if (r->answer->message == NULL ||
	    chat_events_of_message(&r->reader, r->answer->message))
		tell_end(r);
}

/* False with the error when the client is gone, or this server stops. */
static bool wait_step(struct resume *r, struct error *e)
{
	if (keep_alive_due_in(&r->keep_alive, clock_ms()) <= 0) {
		struct chat_event ping = { .kind = CHAT_PING };

		tell(r, &ping);
	}
	if (!response_flush(&r->x->response))
		return error_set(e, ERROR_CLIENT_GONE, "The client left.");
	return gateway_wait(r->x->gateway, STEP_MS, e);
}

/* It ran when we began: now there is more to say of it. */
static bool note_end(struct resume *r, struct error *e)
{
	struct stored_response *ended =
		arena_alloc(r->x->arena, sizeof(*ended));

	if (!stored_response_find(r->store, r->key, r->answer->id, ended,
				  r->x->arena, e))
		return false;
	r->answer = ended;
	r->head.completed = (ended->created_ms + ended->duration_ms) / 1000;
	return true;
}

/* What came into the log since the last look. */
static bool read_log(struct resume *r, struct error *e)
{
	arena_reset(&r->batch);
	if (!store_stream_log_read(r->store, r->answer->seq, true, &r->log,
				   &r->batch, e))
		return false;
	if (!r->log.running && r->answer->status == STORED_RESPONSE_RUNNING &&
	    !note_end(r, e))
		return false;
	for (size_t i = 0; i < r->log.n; i++)
		if (!chat_events_read(&r->reader, r->log.batches[i], e))
			return false;
	return true;
}

static bool follow(struct resume *r, struct error *e)
{
	for (;;) {
		if (!read_log(r, e))
			return false;
		if (r->reader.ended)
			return true;
		if (!r->log.running)
			break;
		if (!wait_step(r, e))
			return false;
	}
	tell_end(r);
	return true;
}

static bool play(struct resume *r, struct error *e)
{
	if (!read_log(r, e))
		return false;
	if (r->log.position == 0 &&
	    r->answer->status != STORED_RESPONSE_RUNNING)
		tell_stored(r);
	else if (!r->reader.ended)
		return follow(r, e);
	return true;
}

void resume_stream(struct exchange *x, struct store *store, const char *key,
		   const struct stored_response *answer)
{
	struct resume r = {
		.x = x,
		.store = store,
		.answer = answer,
		.key = key,
		.reader = { .arena = x->arena, .on_event = on_event },
	};
	struct error e;
	int64_t after;

	if (!read_after(x, &after, &e)) {
		exchange_fail(x, &e);
		return;
	}
	begin(&r, after);
	keep_alive_init(&r.keep_alive, x->app->config.keepalive_ms);
	r.reader.ctx = &r;
	arena_init(&r.batch);
	if (!play(&r, &e)) {
		x->note = arena_copy(x->arena, e.message);
		/* What has begun breaks off, to be taken up once more. */
		if (!x->response.begun)
			x->dialect->error(x->arena, &x->response, &e);
	}
	response_flush(&x->response);
	arena_fini(&r.batch);
}
