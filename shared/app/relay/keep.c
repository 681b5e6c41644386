/* SPDX-License-Identifier: MIT */
/*
 * An answer that its client may ask for again: how it is kept, the log of its
 * stream, and how it goes on when the client leaves.
 */
#include "app/relay/relay_internal.h"

#include <string.h>

#include "base/clock.h"
#include "store/stream_log.h"

#define LOG_LIMIT (256 * 1024 * 1024)

/* Between two batches: what a killed process may lose of a stream. */
#define LOG_STEP_MS 200

/* Between two looks for a reader, and how long ago one may have been there. */
#define READER_STEP_MS 500
#define READER_MS 3000

/* How soon it notices that another request cancels it. */
#define CANCEL_STEP_MS 1000

/* The request without what is said in it. */
static const char *settings_of(struct relay *r)
{
	const char *input = r->x->dialect->input;
	struct buf *out = arena_alloc(r->x->arena, sizeof(*out));
	struct json_writer w;
	const cJSON *v;

	buf_init(out, LOG_LIMIT);
	arena_own(r->x->arena, out, buf_drop);
	json_writer_init(&w, out);
	json_object(&w, NULL);
	cJSON_ArrayForEach(v, r->x->body)
		if (strcmp(v->string, input) != 0)
			json_put_raw(&w, v->string, json_print(r->x->arena, v));
	json_close_object(&w);
	return buf_text(out);
}

void relay_keep(struct relay *r)
{
	const char *prefix = r->x->dialect->stored_prefix;

	r->hold_ms = TURN_RENEW_MS;
	r->turn.ephemeral = r->request->store == CHAT_STORE_OFF;
	if (r->request->store != CHAT_STORE_ON || prefix == NULL)
		return;
	r->store_as = (struct store_as){
		.id = arena_printf(r->x->arena, "%s%s", prefix, r->answer.id),
		.kind = r->x->dialect->stored_kind,
		.settings = settings_of(r),
		.metadata = r->request->metadata,
		.background = r->request->background,
	};
	r->turn.store_as = &r->store_as;
	r->logs = r->x->dialect->accepted != NULL &&
		  (r->request->stream || r->request->background);
	if (r->logs)
		r->hold_ms = CANCEL_STEP_MS;
	buf_init(&r->events, LOG_LIMIT);
	arena_own(r->x->arena, &r->events, buf_drop);
}

void relay_log(struct relay *r, const struct chat_event *event)
{
	if (r->logs)
		chat_event_write(&r->events, event);
}

void relay_log_write(struct relay *r)
{
	int64_t now = clock_ms();
	struct error e;

	if (!r->logs || r->recorded || r->events.len == 0 ||
	    now < r->logged_ms + LOG_STEP_MS)
		return;
	r->logged_ms = now;
	if (store_stream_log_add(r->store, r->turn.row, buf_text(&r->events),
				 &e))
		buf_clear(&r->events);
	else
		relay_debug(r, "log", e.message);
}

/* A kept stream goes on for those who take it up again. */
bool relay_left(void *ctx)
{
	struct relay *r = ctx;

	if (r->left_ms != 0)
		return true;
	if (!r->logs || r->recorded || r->x->gateway->detach == NULL ||
	    (!r->request->background && r->x->app->config.resume_ms == 0))
		return false;
	relay_debug(r, "left", "the client left, the answer goes on");
	r->left_ms = clock_ms();
	r->alone = *r->x->gateway;
	r->alone.watch[0].fd = -1;
	r->watch.gateway = &r->alone;
	return true;
}

bool relay_wanted(struct relay *r, int64_t now)
{
	bool read = true;
	struct error e;

	if (r->cancelled)
		return false;
	if (r->left_ms == 0 || r->request->background ||
	    now < r->left_ms + r->x->app->config.resume_ms ||
	    now < r->asked_ms + READER_STEP_MS)
		return true;
	r->asked_ms = now;
	return store_stream_log_is_read(r->store, r->turn.row, READER_MS, &read,
					&e) &&
	       read;
}

static bool check_background(struct relay *r)
{
	if (r->turn.store_as == NULL)
		return error_field(&r->error, ERROR_VALUE, "background",
				   "What runs in the background must be "
				   "stored: leave 'store' out.");
	if (r->x->gateway->detach == NULL)
		return error_field(&r->error, ERROR_UNSUPPORTED, "background",
				   "Nothing runs in the background here, where "
				   "the program ends with its client (CGI): "
				   "leave 'background' out.");
	return true;
}

bool relay_accept(struct relay *r)
{
	struct exchange *x = r->x;

	if (!r->request->background)
		return true;
	if (!check_background(r) ||
	    !store_turn_store_input(r->store, &r->turn, &r->told,
				    r->history.kept, x->arena, &r->error))
		return false;
	if (r->request->stream)
		return true;
	x->dialect->accepted(x->arena, &r->answer, &x->response);
	x->gateway->detach(x->gateway->ctx);
	x->finished = r->detached = true;
	x->sink.broken = true; /* nothing can be written behind it */
	r->left_ms = clock_ms();
	return true;
}
