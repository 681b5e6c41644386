/* SPDX-License-Identifier: MIT */
/*
 * One look at a JSON text before cJSON runs: it recurses per level, cuts
 * strings at a NUL, refuses half a surrogate pair, and keeps only a double of
 * each number.
 */
#include "base/json_shape_internal.h"

#include <string.h>

#include "base/json_escape_internal.h"
#include "base/json_number_internal.h"

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */
#define UNIT_LENGTH 5		   /* of "uD83D" */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
		return (c & ~0x20) - 'A' + 10;
	return -1;
}

/* The code unit of an escape, "uXXXX"; -1 if it is another one. */
static long unit_at(const char *p, const char *end)
{
	long unit = 0;

	if (end - p < UNIT_LENGTH || *p != 'u')
		return -1;
	for (size_t i = 1; i < UNIT_LENGTH; i++) {
		int digit = hex_digit(p[i]);

		if (digit < 0)
			return -1;
		unit = unit << 4 | digit;
	}
	return unit;
}

static bool is_high(long unit)
{
	return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low(long unit)
{
	return unit >= 0xDC00 && unit <= 0xDFFF;
}

/* Of the escape after a backslash; a pair of surrogates is one. `*bad` becomes
 * true if it is a NUL or half a pair. */
static size_t escape_length(const char *p, const char *end, bool *bad)
{
	long unit = unit_at(p, end);

	if (unit < 0)
		return 1;
	if (is_high(unit) && end - p > UNIT_LENGTH && p[UNIT_LENGTH] == '\\' &&
	    is_low(unit_at(p + UNIT_LENGTH + 1, end)))
		return UNIT_LENGTH + 1 + UNIT_LENGTH;
	if (unit == 0 || is_high(unit) || is_low(unit))
		*bad = true;
	return UNIT_LENGTH;
}

uint32_t json_shape_character(const char *p, const char *end, size_t *n)
{
	long unit = unit_at(p, end);
	bool bad = false;

	*n = escape_length(p, end, &bad);
	if (bad)
		return 0xFFFD;
	if (*n > UNIT_LENGTH)
		unit = 0x10000 + ((unit - 0xD800) << 10) +
		       (unit_at(p + UNIT_LENGTH + 1, end) - 0xDC00);
	return (uint32_t)unit;
}

static size_t measure_unit(struct json_shape *s, const char *p, const char *end)
{
	if (unit_at(p, end) < 0 && s->broken == NULL)
		s->broken = p;
	return escape_length(p, end, &s->bad);
}

/* The end of the string that begins at `p`. */
static const char *skip_string(struct json_shape *s, const char *p,
			       const char *end)
{
	while (p < end) {
		p += json_escape_plain(p, (size_t)(end - p));
		if (p == end || *p == '"')
			break;
		if (*p != '\\') {
			s->lenient = true;
			s->nul |= *p == '\0';
			s->bad |= s->nul;
		} else if (++p == end) {
			break;
		} else if (*p == 'u') {
			p += measure_unit(s, p, end) - 1;
		}
		p++;
	}
	return p;
}

static const char *skip_number(struct json_shape *s, const char *p,
			       const char *end)
{
	bool inexact = false;
	const char *after = json_number_end(p, end, &inexact);

	if (inexact) {
		s->inexact = true;
		s->lenient |= !json_number_is_json(p, after);
		s->bad |= after - p > JSON_NUMBER_MAX;
	}
	return after;
}

/* What is no bracket, comma or string. */
static const char *skip_other(struct json_shape *s, const char *p,
			      const char *end)
{
	if (json_number_begins(*p))
		return skip_number(s, p, end);
	s->lenient |= ((unsigned char)*p < ' ' && *p != '\n' && *p != '\r' &&
		       *p != '\t') ||
		      *p == '\xEF'; /* a byte order mark */
	return p + 1;
}

void json_shape_measure(struct json_shape *s, const char *p, const char *end,
			size_t max_depth)
{
	for (; p < end && s->depth <= max_depth; p++)
		switch (*p) {
		case '"':
			p = skip_string(s, p + 1, end);
			break;
		case '{':
		case '[':
			s->depth++;
			s->values++;
			break;
		case '}':
		case ']':
			s->depth -= s->depth > 0;
			break;
		case ',':
			s->values++;
			break;
		case ':':
		case ' ':
			break;
		default:
			p = skip_other(s, p, end) - 1;
		}
}

/* Of one byte or escape in a string. */
static size_t length_at(const char *p, const char *end, bool *bad)
{
	*bad = *p == '\0';
	if (*p != '\\' || p + 1 == end)
		return 1;
	return 1 + escape_length(p + 1, end, bad);
}

/* Up to the quotation mark at its end. */
static const char *mend_string(struct buf *out, const char *p, const char *end)
{
	while (p < end && *p != '"') {
		bool bad;
		size_t n = length_at(p, end, &bad);

		if (bad)
			buf_puts(out, REPLACEMENT);
		else
			buf_append(out, p, n);
		p += n;
	}
	return p;
}

static const char *mend_number(struct buf *out, const char *p, const char *end,
			       bool shorten)
{
	bool ignored;
	const char *after = json_number_end(p, end, &ignored);
	size_t n = (size_t)(after - p);

	buf_append(out, p, n);
	if (shorten && n > JSON_NUMBER_MAX)
		json_number_shorten(out->p + out->len - n, n);
	return after;
}

void json_shape_mend(struct buf *out, const char *p, const char *end,
		     bool shorten)
{
	while (p < end) {
		if (json_number_begins(*p)) {
			p = mend_number(out, p, end, shorten);
			continue;
		}
		buf_append(out, p, 1);
		if (*p++ != '"')
			continue;
		p = mend_string(out, p, end);
		if (p < end)
			buf_append(out, p++, 1);
	}
}

const char *json_shape_half(const char *p, const char *end)
{
	while ((p = memchr(p, '\\', (size_t)(end - p))) != NULL && ++p < end) {
		bool bad = false;
		size_t n = escape_length(p, end, &bad);

		if (bad && unit_at(p, end) != 0)
			return p;
		p += n;
	}
	return NULL;
}
