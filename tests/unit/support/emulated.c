/* SPDX-License-Identifier: MIT */
/* A service made of strings, and the filter that does what it lacks. */
#include "tests/unit/support/emulated.h"

#include <string.h>

#include "chat/transcript.h"
#include "tests/unit/support/fold.h"
#include "tests/unit/support/test.h"
#include "emulate/emulate.h"
#include "upstream/model.h"

/* The call is the first member: so the service finds the others. */
struct service {
	struct upstream_call call;
	struct emulated_run *run;
};

static size_t piece(const struct emulated_run *run, size_t at, size_t n)
{
	size_t length = n - at;

	if (run->cut > 0)
		return at == 0 && run->cut < n ? run->cut : length;
	return run->step > 0 && run->step < length ? run->step : length;
}

static bool say(const struct emulated_run *run, const char *text,
		bool (*to)(struct chat_stream *, const char *, size_t),
		struct chat_stream *stream)
{
	size_t n = text == NULL ? 0 : strlen(text);

	for (size_t at = 0, length; at < n; at += length) {
		char *copy;
		bool go_on;

		length = piece(run, at, n);
		copy = test_malloc(length);
		memcpy(copy, text + at, length);
		go_on = to(stream, copy, length);
		test_free(copy);
		if (!go_on)
			return false;
	}
	return true;
}

static void note_request(struct emulated_run *run, struct arena *a,
			 const struct chat_request *request)
{
	const struct chat_bookmark *mark = &request->bookmark;
	size_t known = mark->chat == NULL ? 0 : mark->known;

	assert_true(run->rounds < EMULATED_ROUNDS);
	run->asked[run->rounds] = *request;
	run->said[run->rounds] = chat_transcript(
		request->messages + known, request->n_messages - known, a);
}

/* As the adapters do it: false when the stream wants no more. */
static bool answer(struct upstream_call *call,
		   const struct chat_request *request,
		   struct chat_stream *stream)
{
	struct emulated_run *run = ((struct service *)call)->run;
	const struct emulated_answer *x = &run->answers[run->rounds];

	note_request(run, call->arena, request);
	run->rounds++;
	if (!run->stateless)
		chat_stream_bookmark(stream, "c1", "m1");
	error_set(call->error, ERROR_CLIENT_GONE, "The client left.");
	if (!say(run, x->reasoning, chat_stream_reasoning, stream) ||
	    !say(run, x->text, chat_stream_text, stream)) {
		run->stopped = true;
		return false;
	}
	if (x->usage.source != CHAT_USAGE_NONE)
		chat_stream_usage(stream, &x->usage);
	if (x->has_finish)
		chat_stream_finish_reason(stream, x->finish);
	return x->fails == 0 || error_set(call->error, x->fails, "It fails.");
}

void emulated_run(struct emulated_run *run, struct arena *a)
{
	struct chat_request request = decode(a, run->body);
	struct event_log *log = arena_alloc(a, sizeof(*log));
	const struct model *known = model_known(request.model, NULL);
	const struct upstream upstream = {
		.features = known->upstream->features,
		.run = answer,
	};
	struct model model = { .name = known->name, .upstream = &upstream };
	struct service service = {
		.call = { .arena = a,
			  .model = &model,
			  .error = &run->error,
			  .count_text = run->count_text },
		.run = run,
	};
	char *events;

	run->rounds = 0;
	run->stopped = false;
	request.bookmark.chat = run->chat;
	request.bookmark.known = run->known;
	event_log_init(log, a);
	log->stop_after = run->stop_after;
	chat_stream_init(&run->stream, a, event_log_event, log);
	run->stream.one_call = request.one_call;
	run->done = emulate_run(&service.call, &request, &run->stream);
	if (run->done)
		run->done = chat_stream_end(&run->stream, &run->error);
	events = arena_copy(a, buf_text(&log->text));
	fold_normalise(events);
	run->events = events;
	buf_clear(&log->text);
}

struct emulated_run emulated_ask(struct arena *a, const char *body,
				 const char *text)
{
	struct emulated_run run = { .body = body,
				    .answers = { { .text = text } } };

	emulated_run(&run, a);
	return run;
}

/* "deltaN:x deltaN:y" is "deltaN:xy". */
const char *emulated_joined(struct arena *a, const char *events)
{
	char *out = arena_copy(a, events);
	const char *last = "";

	for (char *p = out; (p = strstr(p, " delta")) != NULL;) {
		size_t n = strcspn(p, ":") + 1;

		if (strlen(last) == n && strncmp(p, last, n) == 0) {
			memmove(p, p + n, strlen(p + n) + 1);
			continue;
		}
		last = arena_copy_n(a, p, n);
		p += n;
	}
	return out;
}

static void check(struct emulated_run run, struct arena *a, const char *events)
{
	run.error = (struct error){ 0 };
	emulated_run(&run, a);
	if (!run.done)
		print_error("error: %s\n", run.error.message);
	assert_true(run.done);
	assert_string_equal(emulated_joined(a, run.events), events);
}

static size_t longest(const struct emulated_run *run)
{
	size_t n = 0;

	for (size_t i = 0; i < EMULATED_ROUNDS; i++)
		if (run->answers[i].text != NULL &&
		    strlen(run->answers[i].text) > n)
			n = strlen(run->answers[i].text);
	return n;
}

void assert_emulated(struct emulated_run run, struct arena *a,
		     const char *events)
{
	size_t n = longest(&run);

	check(run, a, events);
	for (run.step = 1; run.step <= 3; run.step++)
		check(run, a, events);
	for (run.cut = 1; run.cut < n; run.cut++)
		check(run, a, events);
}
