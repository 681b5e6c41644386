/* SPDX-License-Identifier: MIT */
/* `request show`: a request, with its attempts as a waterfall. */
#include "cgi/command/request.h"

#include <inttypes.h>

#include "cgi/command/chart.h"
#include "cgi/command/request_columns.h"

/* --- Attempts as rows ----------------------------------------------------- */

static const struct output_column attempt_columns[] = {
	{ "number", OUTPUT_INTEGER, OUTPUT_ALWAYS },
	{ "choice", OUTPUT_INTEGER, OUTPUT_IF_WIDE },
	{ "credential", OUTPUT_TEXT, OUTPUT_ALWAYS },
	{ "service", OUTPUT_TEXT, OUTPUT_IF_WIDE },
	{ "host", OUTPUT_TEXT, OUTPUT_IF_WIDE },
	{ "http_status", OUTPUT_INTEGER, OUTPUT_ALWAYS },
	{ "queued_ms", OUTPUT_DURATION, OUTPUT_DETAIL },
	{ "began_ms", OUTPUT_DURATION, OUTPUT_DETAIL },
	{ "lookup_ms", OUTPUT_DURATION, OUTPUT_DETAIL },
	{ "connect_ms", OUTPUT_DURATION, OUTPUT_DETAIL },
	{ "tls_ms", OUTPUT_DURATION, OUTPUT_DETAIL },
	{ "first_byte_ms", OUTPUT_DURATION, OUTPUT_DETAIL },
	{ "first_token_ms", OUTPUT_DURATION, OUTPUT_DETAIL },
	{ "end_ms", OUTPUT_DURATION, OUTPUT_IF_WIDE },
	{ "error_kind", OUTPUT_TEXT, OUTPUT_IF_WIDE },
	{ "kimi_said", OUTPUT_TEXT, OUTPUT_ALWAYS },
};

#define ATTEMPT_COLUMNS (sizeof(attempt_columns) / sizeof(*attempt_columns))

static void put_time(struct output *o, int64_t ms)
{
	output_number(o, ms < 0 ? OUTPUT_ABSENT : ms);
}

static void put_attempt(struct output *o, size_t number,
			const struct store_attempt *t)
{
	output_number(o, (int64_t)number);
	output_number(o, t->choice);
	output_text(o, t->credential);
	output_text(o, t->service);
	output_text(o, t->host);
	output_number(o, t->http_status == 0 ? OUTPUT_ABSENT : t->http_status);
	put_time(o, t->queued_ms);
	put_time(o, t->began_ms);
	put_time(o, t->lookup_ms);
	put_time(o, t->connect_ms);
	put_time(o, t->tls_ms);
	put_time(o, t->first_byte_ms);
	put_time(o, t->first_token_ms);
	put_time(o, t->end_ms);
	output_text(o, t->error_kind);
	output_text(o, t->words);
}

static void put_attempts(struct output *o, const struct store_attempt *list,
			 size_t n)
{
	output_table(o, "attempts", attempt_columns, ATTEMPT_COLUMNS);
	for (size_t i = 0; i < n; i++)
		put_attempt(o, i + 1, &list[i]);
	output_end(o);
}

/* --- Attempts as a waterfall ---------------------------------------------- */

#define PHASES 7

/* The phases of an attempt that took place, each from the end of the one before
 * it. Their number. */
static size_t phases_of(struct arena *a, size_t number,
			const struct store_attempt *t,
			struct chart_bar bars[PHASES])
{
	bool queued = t->queued_ms >= 0;
	const struct {
		const char *name;
		int64_t end;
	} phases[PHASES] = {
		{ "queue", queued ? t->began_ms : -1 },
		{ "lookup", t->lookup_ms },
		{ "connect", t->connect_ms },
		{ "TLS", t->tls_ms },
		{ "first byte", t->first_byte_ms },
		{ "first token", t->first_token_ms },
		{ "end", t->end_ms },
	};
	int64_t from = queued ? t->queued_ms : t->began_ms;
	size_t n = 0;

	for (size_t i = 0; i < PHASES; i++) {
		int64_t end = phases[i].end;

		if (end < from)
			continue;
		bars[n++] = (struct chart_bar){
			.label = arena_printf(a, "%zu %s", number,
					      phases[i].name),
			.text = arena_printf(a, "%" PRId64 " ms", end - from),
			.from = (double)from,
			.to = (double)end,
		};
		from = end;
	}
	return n;
}

static void draw(struct output *o, const struct store_attempt *list, size_t n)
{
	struct chart_bar *bars =
		arena_array(o->arena, n * PHASES + 1, sizeof(*bars));
	size_t drawn = 0;

	for (size_t i = 0; i < n; i++)
		drawn += phases_of(o->arena, i + 1, &list[i], bars + drawn);
	output_line(o, "%s", "");
	chart_bars(o, bars, drawn);
}

enum command_exit request_show(struct command *c)
{
	struct output *o = &c->output;
	struct store_request request;
	struct store_attempt *attempts;
	struct error e;
	size_t n;

	if (!store_request_find(c->store, argument(&c->options, 0), &request,
				&c->arena, &e) ||
	    !store_request_attempts(c->store, request.seq, &attempts, &n,
				    &c->arena, &e))
		return command_fail(&e);
	output_group(o, NULL);
	output_record(o, NULL, request_columns, REQUEST_COLUMNS);
	request_cells(o, &request);
	output_end(o);
	if (n > 0 || o->format == OUTPUT_JSON)
		put_attempts(o, attempts, n);
	output_end_group(o);
	if (n > 0)
		draw(o, attempts, n);
	return COMMAND_DONE;
}
