/* SPDX-License-Identifier: MIT */
/* The reader of answer streams: lines, contents, pieces, their delays. */
#include "events.h"

#include <stdlib.h>
#include <string.h>

#define CONTENT "\"content\":\""

void events_init(struct event_stream *e)
{
	e->n = e->n_piece = 0;
	e->next = e->others = 0;
	e->first_us = e->last_us = 0;
	e->done = e->too_long = false;
	e->delays = NULL;
}

static int64_t number(const char *p, size_t n)
{
	int64_t value = 0;

	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		value = value * 10 + (p[i] - '0');
	}
	return value;
}

static void take_piece(struct event_stream *e)
{
	int64_t sent = number(e->piece, PIECE_STAMP - 1);
	int64_t which = number(e->piece + PIECE_STAMP, PIECE_NUMBER - 1);

	if (sent < 0 || which != e->next) {
		e->others++;
		return;
	}
	if (e->next++ == 0)
		e->first_us = sent;
	e->last_us = sent;
	if (e->delays != NULL)
		samples_add(e->delays, clock_day_us() - sent);
}

/* Contents are one text: a server may join or cut them. */
static void take_content(struct event_stream *e, const char *p, const char *end)
{
	while (p < end) {
		e->piece[e->n_piece++] = *p++;
		if (e->n_piece == PIECE) {
			take_piece(e);
			e->n_piece = 0;
		}
	}
}

static void take_line(struct event_stream *e)
{
	const char *content, *end;

	if (strncmp(e->line, "data: ", 6) != 0)
		return;
	if (strcmp(e->line + 6, "[DONE]") == 0) {
		e->done = true;
		return;
	}
	content = strstr(e->line, CONTENT);
	if (content == NULL)
		return;
	content += strlen(CONTENT);
	end = strchr(content, '"');
	if (end != NULL)
		take_content(e, content, end);
}

void events_feed(void *events, const char *p, size_t n)
{
	struct event_stream *e = events;

	while (n > 0) {
		const char *end = memchr(p, '\n', n);
		size_t taken = end == NULL ? n : (size_t)(end - p);

		if (e->n + taken >= sizeof(e->line)) {
			e->too_long = true;
			return;
		}
		memcpy(e->line + e->n, p, taken);
		e->n += taken;
		if (end == NULL)
			return;
		e->line[e->n] = '\0';
		take_line(e);
		e->n = 0;
		p += taken + 1;
		n -= taken + 1;
	}
}
