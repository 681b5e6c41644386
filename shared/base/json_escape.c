/* SPDX-License-Identifier: MIT */
/* Texts as strings of JSON. */
#include "base/json_escape_internal.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define BLOCK 16 /* bytes that are looked at together */

/* A text and how far it was read, as whole characters. */
struct escaped {
	const char *text;
	size_t n;
	size_t in;   /* bytes of the text */
	int64_t out; /* what they have become */
};

static bool is_special(unsigned char c)
{
	return (c < 0x20) | (c == '"') | (c == '\\');
}

/* Without an early end, so that compilers take all the bytes at once. */
static bool has_special(const unsigned char *block)
{
	unsigned char any = 0;

	for (size_t i = 0; i < BLOCK; i++)
		any |= is_special(block[i]);
	return any != 0;
}

size_t json_escape_plain(const char *p, size_t n)
{
	const unsigned char *s = (const unsigned char *)p;
	size_t i = 0;

	while (n - i >= BLOCK && !has_special(s + i))
		i += BLOCK;
	/* Most bytes are letters, which need one comparison. */
	while (i < n && (s[i] > '\\' || !is_special(s[i])))
		i++;
	return i;
}

/* What follows the backslash; NUL: there is no short form. */
static char short_form(unsigned char c)
{
	static const char control[] = "btn\0fr"; /* from 8 on */

	if (c == '"' || c == '\\')
		return (char)c;
	if (c < 8 || c >= 8 + sizeof(control) - 1)
		return '\0';
	return control[c - 8];
}

size_t json_escape_put(char *out, char c)
{
	char form = short_form((unsigned char)c);

	if (form == '\0')
		return (size_t)snprintf(out, JSON_ESCAPE_SIZE, "\\u%04x",
					(unsigned char)c);
	out[0] = '\\';
	out[1] = form;
	return 2;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool read_escaped(void *ctx, int64_t offset, void *p, size_t n,
			 struct error *e)
{
	struct escaped *s = ctx;
	char *to = p, escape[JSON_ESCAPE_SIZE];

	(void)e;
	if (offset < s->out)
		s->in = 0, s->out = 0;
	while (n > 0) {
		size_t skip = (size_t)(offset - s->out);
		const char *from = s->text + s->in;
		size_t run = json_escape_plain(from,
					       smaller(s->n - s->in, skip + n));
		size_t length = run;

		if (run == 0) {
			length = json_escape_put(escape, *from);
			from = escape;
		}
		if (skip < length) {
			size_t k = smaller(length - skip, n);

			memcpy(to, from + skip, k);
			to += k;
			offset += (int64_t)k;
			n -= k;
		}
		if (offset < s->out + (int64_t)length)
			break; /* within an escape, and `p` is full */
		s->in += run == 0 ? 1 : run;
		s->out += (int64_t)length;
	}
	return true;
}

static int64_t escaped_size(const char *p, size_t n)
{
	char escape[JSON_ESCAPE_SIZE];
	int64_t size = 0;

	for (size_t i = 0; i < n;) {
		size_t run = json_escape_plain(p + i, n - i);

		size += (int64_t)run;
		i += run;
		if (i < n)
			size += (int64_t)json_escape_put(escape, p[i++]);
	}
	return size;
}

struct rope_source json_escape_source(struct arena *a, const char *p, size_t n)
{
	struct escaped *s = arena_alloc(a, sizeof(*s));

	s->text = p;
	s->n = n;
	return (struct rope_source){ .size = escaped_size(p, n),
				     .read = read_escaped,
				     .ctx = s };
}
