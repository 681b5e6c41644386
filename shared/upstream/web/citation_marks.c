/* SPDX-License-Identifier: MIT */
/* From citation marks in a text to citations. */
#include "upstream/web/citation_marks.h"

#include <ctype.h>
#include <string.h>

#define OPENING                                                                \
	"\xEE\x8E\xA0"                                                         \
	"cite"                                                                 \
	"\xEE\x8E\xA3"
#define CLOSING "\xEE\x8E\xA8"
#define MARK_LENGTH 3 /* of U+E3A0 to U+E3AF */
#define MAX_DIGITS 6

struct citation_source {
	struct citation_source *next;
	const char *key;
	bool numbered;
	const char *url, *title;
};

void citation_marks_init(struct citation_marks *m, struct chat_stream *stream)
{
	*m = (struct citation_marks){ .stream = stream };
	m->last_source = &m->sources;
}

static bool is_known(const struct citation_marks *m, const char *key,
		     const char *url)
{
	const struct citation_source *s = m->sources;

	while (s != NULL && (s->numbered != (key == NULL) ||
			     strcmp(key == NULL ? s->url : s->key,
				    key == NULL ? url : key) != 0))
		s = s->next;
	return s != NULL;
}

void citation_marks_source(struct citation_marks *m, const char *key,
			   const char *url, const char *title)
{
	struct arena *a = m->stream->arena;
	struct citation_source *s;

	if (url == NULL || *url == '\0' || is_known(m, key, url))
		return;
	s = arena_alloc(a, sizeof(*s));
	s->numbered = key == NULL;
	s->key = key == NULL ? arena_printf(a, "%u", ++m->numbered) :
			       arena_copy(a, key);
	s->url = arena_copy(a, url);
	s->title = arena_copy(a, title);
	*m->last_source = s;
	m->last_source = &s->next;
}

static bool cite(struct citation_marks *m, const struct citation_source *s)
{
	return chat_stream_cite(m->stream, s->url, s->title);
}

/* --- Inside a mark --- */

static bool is_mark(const char *p, const char *end)
{
	return end - p >= MARK_LENGTH && p[0] == '\xEE' && p[1] == '\x8E' &&
	       (unsigned char)p[2] >= 0xA0 && (unsigned char)p[2] <= 0xAF;
}

/* The length of a separator between two refs; 0: none. */
static size_t separator(const char *p, const char *end)
{
	if (p < end && *p != '\0' && strchr(" \t\r\n,;|", *p) != NULL)
		return 1;
	return is_mark(p, end) ? MARK_LENGTH : 0;
}

/* Whether the ref at `p` is this key: "s:1#12" is not "s:1#1". */
static bool begins(const char *p, const char *end, const char *key)
{
	size_t n = strlen(key);

	return n > 0 && n <= (size_t)(end - p) && memcmp(p, key, n) == 0 &&
	       (p + n == end || !isdigit((unsigned char)key[n - 1]) ||
		!isdigit((unsigned char)p[n]));
}

/* The source with the longest key that begins here; a key that the service
 * gave takes precedence over a number of ours. */
static const struct citation_source *source_at(const struct citation_marks *m,
					       const char *p, const char *end)
{
	const struct citation_source *found = NULL;

	for (const struct citation_source *s = m->sources; s; s = s->next)
		if (begins(p, end, s->key) &&
		    (found == NULL || strlen(s->key) > strlen(found->key) ||
		     (found->numbered && !s->numbered)))
			found = s;
	return found;
}

static bool cite_refs(struct citation_marks *m, const char *p, const char *end)
{
	while (p < end) {
		const struct citation_source *s = source_at(m, p, end);
		size_t n = separator(p, end);

		if (s != NULL) {
			m->cited = true;
			if (!cite(m, s))
				return false;
			n = strlen(s->key);
		} else if (n == 0) {
			/* An unknown one: all of it. */
			while (p + n < end && separator(p + n, end) == 0)
				n++;
		}
		p += n;
	}
	return true;
}

/* --- Text that is held back --- */

enum shape { SHAPE_TEXT, SHAPE_PART, SHAPE_MARK };

static enum shape shape_of_private(const char *p, size_t n)
{
	const size_t head = strlen(OPENING), tail = strlen(CLOSING);

	if (memcmp(p, OPENING, n < head ? n : head) != 0)
		return SHAPE_TEXT;
	if (n >= head + tail && memcmp(p + n - tail, CLOSING, tail) == 0)
		return SHAPE_MARK;
	return n < CITATION_MARK_LIMIT ? SHAPE_PART : SHAPE_TEXT;
}

static enum shape shape_of_bracket(const char *p, size_t n)
{
	size_t i = 2;

	if (n >= 2 && p[1] != '^')
		return SHAPE_TEXT;
	while (i < n && isdigit((unsigned char)p[i]))
		i++;
	if (i >= n)
		return i > 2 + MAX_DIGITS ? SHAPE_TEXT : SHAPE_PART;
	if (i == 2 || p[i] != '^')
		return SHAPE_TEXT;
	if (i + 1 == n)
		return SHAPE_PART;
	return p[i + 1] == ']' ? SHAPE_MARK : SHAPE_TEXT;
}

static enum shape shape_of(const char *p, size_t n)
{
	return *p == '[' ? shape_of_bracket(p, n) : shape_of_private(p, n);
}

/* The length of the text before the next possible mark. */
static size_t text_before_mark(const char *p, size_t n)
{
	const char *found = memchr(p, '[', n);

	if (found != NULL)
		n = (size_t)(found - p);
	found = memchr(p, (unsigned char)OPENING[0], n);
	return found != NULL ? (size_t)(found - p) : n;
}

/* Drops the first bytes held. */
static void drop(struct citation_marks *m, size_t n)
{
	memmove(m->held, m->held + n, m->n_held - n);
	m->n_held -= n;
}

static bool take_mark(struct citation_marks *m)
{
	bool bracket = m->held[0] == '[';
	size_t head = bracket ? 2 : strlen(OPENING);
	size_t tail = bracket ? 2 : strlen(CLOSING);
	size_t n = m->n_held;

	m->n_held = 0;
	return cite_refs(m, m->held + head, m->held + n - tail);
}

/* Decides about the held bytes, until they may become a mark or none is left. */
static bool settle(struct citation_marks *m)
{
	while (m->n_held > 0) {
		size_t n;

		switch (shape_of(m->held, m->n_held)) {
		case SHAPE_PART:
			return true;
		case SHAPE_MARK:
			return take_mark(m);
		case SHAPE_TEXT:
			n = 1 + text_before_mark(m->held + 1, m->n_held - 1);
			if (!chat_stream_text(m->stream, m->held, n))
				return false;
			drop(m, n);
		}
	}
	return true;
}

bool citation_marks_text(struct citation_marks *m, const char *p, size_t n)
{
	const char *end = p + n;

	while (p < end) {
		if (m->n_held == 0) {
			n = text_before_mark(p, (size_t)(end - p));
			if (!chat_stream_text(m->stream, p, n))
				return false;
			p += n;
			if (p == end)
				break;
		}
		m->held[m->n_held++] = *p++;
		if (!settle(m))
			return false;
	}
	return true;
}

bool citation_marks_break(struct citation_marks *m)
{
	size_t n = m->n_held;

	m->n_held = 0;
	/* Text may well end with "[^", but not with more of a mark. */
	return n >= MARK_LENGTH || chat_stream_text(m->stream, m->held, n);
}

bool citation_marks_end(struct citation_marks *m)
{
	const struct citation_source *s = m->sources;
	bool go_on = citation_marks_break(m);

	for (; go_on && !m->cited && s != NULL; s = s->next)
		go_on = cite(m, s);
	return go_on;
}
