/* SPDX-License-Identifier: MIT */
/* multipart/form-data, byte by byte. */
#include "http/multipart.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/file_name.h"
#include "base/percent.h"
#include "http/header_value.h"

#define HEAD_LIMIT 8192
#define VALUE_SIZE 1024
#define MARK_START "\r\n--"

static bool malformed(struct error *e, const char *how)
{
	return error_set(e, ERROR_BAD_REQUEST,
			 "The multipart body is malformed: %s.", how);
}

/* Visible ASCII, and blanks except at the end. */
static bool is_boundary(const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++)
		if (s[i] < ' ' || s[i] > '~')
			return false;
	return n > 0 && n <= MULTIPART_BOUNDARY && s[n - 1] != ' ';
}

bool multipart_init(struct multipart *m, const char *type, struct error *e)
{
	char boundary[MULTIPART_BOUNDARY + 2];

	/* The first boundary may come without a line break before it. */
	*m = (struct multipart){ .matched = 2, .implied = 2 };
	buf_init(&m->head, HEAD_LIMIT);
	if (type == NULL || !header_is(type, "multipart/form-data"))
		return error_set(e, ERROR_BAD_REQUEST,
				 "The body must be multipart/form-data.");
	header_param(type, "boundary", boundary, sizeof(boundary));
	if (!is_boundary(boundary))
		return error_set(e, ERROR_BAD_REQUEST,
				 "The Content-Type multipart/form-data must "
				 "have a 'boundary' of 1 to %d characters.",
				 MULTIPART_BOUNDARY);
	m->mark_len = (size_t)snprintf(m->mark, sizeof(m->mark),
				       MARK_START "%s", boundary);
	return true;
}

void multipart_fini(struct multipart *m)
{
	buf_fini(&m->head);
}

bool multipart_is_whole(const struct multipart *m)
{
	return m->state == MULTIPART_OVER;
}

static void copy_cut(char *out, size_t size, const char *text)
{
	size_t n = strlen(text);

	if (n >= size)
		n = size - 1;
	memcpy(out, text, n);
	out[n] = '\0';
}

/* Browsers escape quotes as %22; the other escapes never reach us. */
static void restore_quotes(char *name)
{
	for (char *p = name; (p = strstr(p, "%22")) != NULL; p++) {
		*p = '"';
		memmove(p + 1, p + 3, strlen(p + 3) + 1);
	}
}

/* filename*=UTF-8''na%C3%AFve.pdf (RFC 8187). */
static bool read_extended_name(const char *value, char *out, size_t size)
{
	char raw[VALUE_SIZE], decoded[VALUE_SIZE];
	const char *text;

	if (!header_param(value, "filename*", raw, sizeof(raw)) ||
	    strncasecmp(raw, "utf-8'", 6) != 0)
		return false;
	text = strchr(raw + 6, '\'');
	if (text == NULL ||
	    !percent_decode(text + 1, strlen(text + 1), decoded))
		return false;
	file_name_clean(decoded);
	copy_cut(out, size, decoded);
	return true;
}

static void read_disposition(const char *value, struct multipart_part *part)
{
	header_param(value, "name", part->name, sizeof(part->name));
	if (!read_extended_name(value, part->file, sizeof(part->file))) {
		char raw[VALUE_SIZE];

		header_param(value, "filename", raw, sizeof(raw));
		restore_quotes(raw);
		file_name_clean(raw);
		copy_cut(part->file, sizeof(part->file), raw);
	}
	/* It may have been cut inside a character. */
	file_name_clean(part->file);
}

static void read_type(const char *value, struct multipart_part *part)
{
	size_t n = strlen(value);

	for (size_t i = 0; i < n; i++)
		if (value[i] < ' ' || value[i] > '~')
			return;
	if (n < sizeof(part->type))
		copy_cut(part->type, sizeof(part->type), value);
}

/* A line of a part's head, without its line break. */
static void read_header(char *line, struct multipart_part *part)
{
	char *value = strchr(line, ':');

	if (value == NULL)
		return;
	*value++ = '\0';
	value += strspn(value, " \t");
	if (strcasecmp(line, "Content-Disposition") == 0)
		read_disposition(value, part);
	else if (strcasecmp(line, "Content-Type") == 0)
		read_type(value, part);
}

static bool begin_part(struct multipart *m,
		       const struct multipart_events *events, struct error *e)
{
	struct multipart_part part = { 0 };

	if (memchr(m->head.p, '\0', m->head.len) != NULL)
		return malformed(e, "the head of a part contains a NUL");
	for (char *line = m->head.p, *end; (end = strstr(line, "\r\n")) != NULL;
	     line = end + 2) {
		*end = '\0';
		read_header(line, &part);
	}
	if (part.name[0] == '\0')
		return malformed(e, "a part has no name");
	buf_clear(&m->head);
	/* In an empty part, the end of the head may begin the boundary. */
	m->matched = m->implied = 2;
	m->in_part = true;
	m->state = MULTIPART_BYTES;
	return events->part(events->ctx, &part, e);
}

static bool head_is_whole(const struct buf *head)
{
	return (head->len == 2 && memcmp(head->p, "\r\n", 2) == 0) ||
	       (head->len >= 4 &&
		memcmp(head->p + head->len - 4, "\r\n\r\n", 4) == 0);
}

static bool take_head(struct multipart *m, char c,
		      const struct multipart_events *events, struct error *e)
{
	if (!buf_append(&m->head, &c, 1))
		return malformed(e, "the head of a part is too long");
	return !head_is_whole(&m->head) || begin_part(m, events, e);
}

static bool give(const struct multipart *m, const char *p, size_t n,
		 const struct multipart_events *events, struct error *e)
{
	return n == 0 || !m->in_part || events->bytes(events->ctx, p, n, e);
}

/* What looked like a boundary was not: its bytes belong to the part. */
static bool give_matched(struct multipart *m,
			 const struct multipart_events *events, struct error *e)
{
	size_t implied = m->implied, n = m->matched - implied;

	m->matched = m->implied = 0;
	return give(m, m->mark + implied, n, events, e);
}

static bool end_part(struct multipart *m, const struct multipart_events *events,
		     struct error *e)
{
	bool in_part = m->in_part;

	m->matched = m->implied = 0;
	m->in_part = false;
	m->state = MULTIPART_BOUND;
	return !in_part || events->end(events->ctx, e);
}

/*
 * Takes `*used` bytes of a part, up to the next mark or to the end of `p`. A
 * mark has only one carriage return, at its start, so after a mismatch only the
 * current byte can begin another.
 */
static bool take_bytes(struct multipart *m, const char *p, size_t n,
		       size_t *used, const struct multipart_events *events,
		       struct error *e)
{
	size_t i = 0;

	while (i < n && m->matched < m->mark_len) {
		const char *next;

		if (p[i] == m->mark[m->matched]) {
			m->matched++;
			i++;
			continue;
		}
		if (m->matched > 0) {
			if (!give_matched(m, events, e))
				return false;
			continue;
		}
		next = memchr(p + i, '\r', n - i);
		*used = next == NULL ? n : (size_t)(next - p);
		if (!give(m, p + i, *used - i, events, e))
			return false;
		i = *used;
	}
	*used = i;
	return m->matched < m->mark_len || end_part(m, events, e);
}

/* After a boundary come "--", if it is the last one, or a line break. */
static bool take_bound(struct multipart *m, char c, struct error *e)
{
	if (c == '-' && m->state == MULTIPART_BOUND)
		m->state = MULTIPART_DASH;
	else if (c == '-' && m->state == MULTIPART_DASH)
		m->state = MULTIPART_OVER;
	else if (c == '\r' && m->state == MULTIPART_BOUND)
		m->state = MULTIPART_LINE_END;
	else if (c == '\n' && m->state == MULTIPART_LINE_END)
		m->state = MULTIPART_HEAD;
	else if ((c != ' ' && c != '\t') || m->state != MULTIPART_BOUND)
		return malformed(e, "a boundary is followed by other text");
	return true;
}

static bool take(struct multipart *m, const char *p, size_t n, size_t *used,
		 const struct multipart_events *events, struct error *e)
{
	*used = 1;
	switch (m->state) {
	case MULTIPART_BYTES:
		return take_bytes(m, p, n, used, events, e);
	case MULTIPART_BOUND:
	case MULTIPART_DASH:
	case MULTIPART_LINE_END:
		return take_bound(m, *p, e);
	case MULTIPART_HEAD:
		return take_head(m, *p, events, e);
	case MULTIPART_OVER:
		*used = n;
		return true;
	}
	return false;
}

bool multipart_feed(struct multipart *m, const char *p, size_t n,
		    const struct multipart_events *events, struct error *e)
{
	while (n > 0) {
		size_t used;

		if (!take(m, p, n, &used, events, e))
			return false;
		p += used;
		n -= used;
	}
	return true;
}
