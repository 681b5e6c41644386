/* SPDX-License-Identifier: MIT */
/* Resumes an interrupted stream of the Responses API. */
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
	const struct stored_response *stored;
	struct chat_request request; /* the members that the encoder reads */
	struct dialect_envelope head;
	const char *key;
	struct encoder *encoder;
	struct chat_event_reader reader;
	struct store_stream_log log;
	struct arena batch; /* what was read of the log at once */
	struct keep_alive keep_alive;
};

static bool send_event(struct resume *r, const struct chat_event *event)
{
	const struct chat_event ping = { .kind = CHAT_PING };

	/* A failed response is a response: the error must not become the HTTP
	 * status, so the stream begins first. */
	if (event->kind == CHAT_ERROR && !r->x->response.begun)
		r->x->dialect->event(r->encoder, &ping);
	r->x->dialect->event(r->encoder, event);
	keep_alive_wrote(&r->keep_alive, &r->x->sink);
	return !r->x->sink.broken;
}

/* A response that was cancelled at its end may have FINISH in its log. */
static bool on_event(void *ctx, const struct chat_event *event)
{
	struct resume *r = ctx;
	struct error why;
	struct chat_event end = { .kind = CHAT_ERROR, .error = &why };

	if (event->kind != CHAT_FINISH ||
	    r->stored->status == STORED_RESPONSE_DONE)
		return send_event(r, event);
	response_object_failure(r->stored, &why);
	return send_event(r, &end);
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
	const struct stored_response *stored = r->stored;
	const char *random = stored->id + strlen(r->x->dialect->stored_prefix);
	struct openai_response object;
	struct error ignored;

	response_object_fill(&object, stored, r->x->arena, &ignored);
	r->request = (struct chat_request){
		.model = stored->model,
		.stream = true,
		.store = CHAT_STORE_ON,
		.background = stored->background,
		.previous = stored->previous,
		.conversation = stored->conversation,
		.effort = json_text(object.settings, "reasoning.effort"),
		.compacts = cJSON_IsTrue(json_at(object.settings, "compacts")),
	};
	r->head = (struct dialect_envelope){
		.id = random,
		.created = object.created,
		.completed = object.completed,
		.model = stored->model,
		.request = &r->request,
		.body = object.settings,
		.after = after,
	};
	r->encoder =
		r->x->dialect->encoder(r->x->arena, &r->head, &r->x->response);
}

/* The end of a response whose log has none. */
static void send_end(struct resume *r)
{
	const struct stored_response *stored = r->stored;
	struct error why;
	struct chat_event end = { .kind = CHAT_FINISH,
				  .finish = stored->finish,
				  .usage = &stored->usage };

	if (stored->status != STORED_RESPONSE_DONE) {
		response_object_failure(stored, &why);
		end = (struct chat_event){ .kind = CHAT_ERROR,
					   .error = &why,
					   .lost = true };
	}
	send_event(r, &end);
}

/* A response that was not streamed has no log, only its message. */
static void send_stored(struct resume *r)
{
	if (r->stored->message == NULL ||
	    chat_event_log_of_message(&r->reader, r->stored->message))
		send_end(r);
}

/* False with ERROR_CLIENT_GONE or ERROR_STOPPING. */
static bool wait_step(struct resume *r, struct error *e)
{
	if (keep_alive_due_in(&r->keep_alive, clock_ms()) <= 0) {
		struct chat_event ping = { .kind = CHAT_PING };

		send_event(r, &ping);
	}
	if (!response_flush(&r->x->response))
		return error_set(e, ERROR_CLIENT_GONE, "The client left.");
	return gateway_wait(r->x->gateway, STEP_MS, e);
}

/* It has ended since it was loaded. */
static bool reload(struct resume *r, struct error *e)
{
	struct stored_response *ended =
		arena_alloc(r->x->arena, sizeof(*ended));

	if (!stored_response_find(r->store, r->key, r->stored->id, ended,
				  r->x->arena, e))
		return false;
	r->stored = ended;
	r->head.completed = (ended->created_ms + ended->duration_ms) / 1000;
	return true;
}

/* Sends what was logged since the last time. */
static bool read_log(struct resume *r, struct error *e)
{
	arena_reset(&r->batch);
	if (!store_stream_log_read(r->store, r->stored->seq, true, &r->log,
				   &r->batch, e))
		return false;
	if (!r->log.running && r->stored->status == STORED_RESPONSE_RUNNING &&
	    !reload(r, e))
		return false;
	for (size_t i = 0; i < r->log.n; i++)
		if (!chat_event_log_read(&r->reader, r->log.batches[i], e))
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
	send_end(r);
	return true;
}

static bool play(struct resume *r, struct error *e)
{
	if (!read_log(r, e))
		return false;
	if (r->log.position == 0 &&
	    r->stored->status != STORED_RESPONSE_RUNNING)
		send_stored(r);
	else if (!r->reader.ended)
		return follow(r, e);
	return true;
}

void resume_stream(struct exchange *x, struct store *store, const char *key,
		   const struct stored_response *stored)
{
	struct resume r = {
		.x = x,
		.store = store,
		.stored = stored,
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
		/* If it has begun it breaks off, so that it can be resumed. */
		if (!x->response.begun)
			x->dialect->error(x->arena, &x->response, &e);
	}
	response_flush(&x->response);
	arena_fini(&r.batch);
}
