/* SPDX-License-Identifier: MIT */
/* Fenced code blocks of Markdown. */
#include "emulate/code_fence.h"

#include <string.h>

#define SHORTEST 3

static bool is_candidate(const struct code_fence *f)
{
	return f->place != CODE_FENCE_TEXT && f->run >= SHORTEST;
}

static void end_line(struct code_fence *f)
{
	if (is_candidate(f) && f->length == 0) {
		f->kind = f->run_kind;
		f->length = f->run;
	} else if (is_candidate(f) && f->run_kind == f->kind &&
		   f->run >= f->length && f->only_blanks) {
		f->length = 0;
	}
	f->place = CODE_FENCE_INDENT;
	f->run = 0;
}

static void first_byte(struct code_fence *f, char c)
{
	if (c == ' ' || c == '\t')
		return;
	f->place = CODE_FENCE_TEXT;
	if (c != '`' && c != '~')
		return;
	f->place = CODE_FENCE_RUN;
	f->run_kind = c;
	f->run = 1;
	f->only_blanks = true;
}

static void byte_after_run(struct code_fence *f, char c)
{
	f->place = f->run < SHORTEST ? CODE_FENCE_TEXT : CODE_FENCE_AFTER;
	if (c != ' ' && c != '\t' && c != '\r')
		f->only_blanks = false;
	/* That is inline code. */
	if (c == '`' && f->run_kind == '`')
		f->place = CODE_FENCE_TEXT;
}

static void take_byte(struct code_fence *f, char c)
{
	if (c == '\n') {
		end_line(f);
		return;
	}
	switch (f->place) {
	case CODE_FENCE_INDENT:
		first_byte(f, c);
		break;
	case CODE_FENCE_RUN:
		if (c == f->run_kind)
			f->run++;
		else
			byte_after_run(f, c);
		break;
	case CODE_FENCE_AFTER:
		byte_after_run(f, c);
		break;
	case CODE_FENCE_TEXT:
		break;
	}
}

void code_fence_text(struct code_fence *f, const char *p, size_t n)
{
	const char *end = p + n;

	while (p < end) {
		if (f->place == CODE_FENCE_TEXT)
			p = memchr(p, '\n', (size_t)(end - p));
		if (p == NULL)
			return;
		take_byte(f, *p++);
	}
}

bool code_fence_inside(const struct code_fence *f)
{
	return f->length > 0 || is_candidate(f);
}
