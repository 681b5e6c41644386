/* SPDX-License-Identifier: MIT */
/* Plays a plan on a connection: each event leaves when it is due, in writes
 * of the wanted size, and a client that goes away is noticed at once. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange.h"
#include "fake.h"
#include "gate.h"
#include "peer.h"
#include "plan.h"
#include "scene.h"
#include "stream.h"

struct stream {
	struct fake *fake;
	struct ticket *ticket; /* NULL once the stream came to its end */
	struct plan plan;
	char *gate; /* or NULL */
	int fd;
	int64_t start_us; /* 0: not begun */
	size_t at, step, cut_bytes;
	int64_t linger_us; /* how long the connection stays open at the end */
};

/* Writes the time into the pieces whose bytes begin before this offset. */
static void stamp(struct stream *s, size_t end)
{
	const struct step *step = &s->plan.steps[s->step];
	const struct step *last = &s->plan.steps[s->plan.count - 1];
	char digits[24];

	if (snprintf(digits, sizeof(digits), "%016" PRId64, clock_day_us()) !=
	    16)
		return;
	for (; step <= last && step->stamp < end; step++)
		if (step->stamp >= s->at && step->stamp)
			memcpy(s->plan.text.at + step->stamp, digits, 16);
}

/* The offset up to which bytes may be sent in this write. */
static size_t stream_reach(struct stream *s, const struct step *step)
{
	const struct step *last = &s->plan.steps[s->plan.count - 1];
	size_t limit = s->at + s->cut_bytes;

	if (s->cut_bytes == 0)
		return step->end;
	while (step < last && step->end < limit &&
	       step[1].due_us == step->due_us && step[1].gate == step->gate)
		step++;
	return step->end < limit ? step->end : limit;
}

static ssize_t stream_end(struct stream *s)
{
	if (s->ticket)
		record_close(s->fake, s->ticket, TICKET_FINISHED);
	s->ticket = NULL;
	return s->plan.cut ? MHD_CONTENT_READER_END_WITH_ERROR :
			     MHD_CONTENT_READER_END_OF_STREAM;
}

/* False if the client goes away before the step is due. */
static bool stream_wait(struct stream *s, const struct step *step)
{
	return peer_wait(s->fd, s->start_us + step->due_us) &&
	       (!s->gate || gate_wait(s->fake, s->fd, s->gate, step->gate));
}

static ssize_t stream_read(void *context, uint64_t position, char *to,
			   size_t max)
{
	struct stream *s = context;
	const struct step *step = &s->plan.steps[s->step];
	size_t n;

	(void)position;
	if (s->start_us == 0)
		s->start_us = clock_us();
	if (s->step == s->plan.count) {
		if (s->linger_us > 0 &&
		    !peer_wait(s->fd, clock_us() + s->linger_us))
			return MHD_CONTENT_READER_END_WITH_ERROR;
		return stream_end(s);
	}
	if (!stream_wait(s, step))
		return MHD_CONTENT_READER_END_WITH_ERROR;
	n = stream_reach(s, step) - s->at;
	if (n > max)
		n = max;
	stamp(s, s->at + n);
	memcpy(to, s->plan.text.at + s->at, n);
	s->at += n;
	while (s->step < s->plan.count && s->plan.steps[s->step].end <= s->at)
		s->step++;
	return (ssize_t)n;
}

static void stream_free(void *context)
{
	struct stream *s = context;

	if (s->ticket)
		record_close(s->fake, s->ticket, TICKET_ABORTED);
	plan_fini(&s->plan);
	free(s->gate);
	free(s);
}

enum MHD_Result stream_send(const struct exchange *ex,
			    const struct scene *scene, struct plan *plan,
			    struct ticket *ticket)
{
	struct stream *s = memory_new(sizeof(*s));
	const char *type = plan->voice->type;
	struct MHD_Response *response;
	enum MHD_Result result;

	s->fake = ex->fake;
	s->ticket = ticket;
	s->plan = *plan;
	*plan = (struct plan){ 0 };
	s->fd = ex->fd;
	s->gate = scene->gate ? strdup(scene->gate) : NULL;
	s->cut_bytes = scene->together > 1 ? SIZE_MAX / 2 :
					     (size_t)scene->cut_bytes;
	s->linger_us = (int64_t)scene->linger_ms * 1000;
	response = MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, 1024, stream_read, s, stream_free);
	MHD_add_response_header(response, "Cache-Control", "no-cache");
	exchange_headers(response, scene,
			 type ? type : "text/event-stream; charset=utf-8");
	exchange_service_headers(ex, response);
	result = MHD_queue_response(ex->connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return result;
}
