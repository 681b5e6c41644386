/* SPDX-License-Identifier: MIT */
/*
 * The state machine that takes tool calls out of streamed text. Bytes that are
 * not decided yet are in `held`, from the white space before a mark on; they
 * become a call or text.
 */
#include "emulate/tool_call_finder.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "emulate/tool_call_json.h"

#define HELD_LIMIT (4 * 1024 * 1024)
#define LONGEST_BLANKS 4096
#define LONGEST_NAME 256
#define LONGEST_MARK 32
#define SLICE (64 * 1024) /* of input, between two deliveries */

enum mark {
	MARK_OPEN,
	MARK_CLOSE,
	MARK_SECTION,
	MARK_SECTION_END,
	MARK_CALL,
	MARK_ARGUMENTS,
	MARK_CALL_END,
	MARKS
};

static const char *const marks[MARKS] = {
	[MARK_OPEN] = "<tool_call>",
	[MARK_CLOSE] = "</tool_call>",
	[MARK_SECTION] = "<|tool_calls_section_begin|>",
	[MARK_SECTION_END] = "<|tool_calls_section_end|>",
	[MARK_CALL] = "<|tool_call_begin|>",
	[MARK_ARGUMENTS] = "<|tool_call_argument_begin|>",
	[MARK_CALL_END] = "<|tool_call_end|>",
};

#define OPENING (1U << MARK_OPEN | 1U << MARK_SECTION | 1U << MARK_CALL)
#define CLOSING (1U << MARK_CLOSE | 1U << MARK_CALL_END)

enum match { MATCH_NONE, MATCH_PART, MATCH_WHOLE };

void tool_call_finder_init(struct tool_call_finder *m, struct arena *a)
{
	*m = (struct tool_call_finder){ .arena = a, .last = '\n' };
	buf_init(&m->ready, HELD_LIMIT + 2 * SLICE);
	buf_init(&m->held, HELD_LIMIT + LONGEST_MARK);
}

void tool_call_finder_fini(struct tool_call_finder *m)
{
	buf_fini(&m->ready);
	buf_fini(&m->held);
}

static void push(struct tool_call_finder *m, char c)
{
	bool fits = buf_append(&m->held, &c, 1);

	assert(fits);
}

/* The allowed mark that the held word is, or may become. */
static enum match match_word(const struct tool_call_finder *m, unsigned allowed,
			     enum mark *which)
{
	const char *word = m->held.p + m->word;
	size_t n = m->held.len - m->word;
	enum match best = MATCH_NONE;

	for (enum mark i = 0; i < MARKS; i++) {
		if (!(allowed & 1U << i) || strncmp(marks[i], word, n) != 0)
			continue;
		*which = i;
		best = marks[i][n] == '\0' ? MATCH_WHOLE : MATCH_PART;
	}
	return best;
}

static void note_text(struct tool_call_finder *m, const char *p, size_t n)
{
	code_fence_text(&m->fence, p, n);
	if (n > 0)
		m->last = p[n - 1];
}

static void make_ready(struct tool_call_finder *m, const char *p, size_t n)
{
	bool fits = buf_append(&m->ready, p, n);

	assert(fits);
}

static bool deliver(struct tool_call_finder *m)
{
	bool go_on = m->ready.len == 0 ||
		     m->on_text(m->ctx, m->ready.p, m->ready.len);

	buf_clear(&m->ready);
	return go_on;
}

static void clear_held(struct tool_call_finder *m)
{
	buf_clear(&m->held);
	m->mark = m->word = 0;
}

/* Takes the last `n` held bytes back. */
static void pull(struct tool_call_finder *m, size_t n)
{
	m->held.len -= n;
	m->held.p[m->held.len] = '\0';
}

/* The held bytes are text. White space before the mark was noted before. */
static void give_up(struct tool_call_finder *m)
{
	make_ready(m, buf_text(&m->held), m->held.len);
	note_text(m, buf_text(&m->held) + m->mark, m->held.len - m->mark);
	clear_held(m);
	m->state = TOOL_CALL_FINDER_TEXT;
}

static void begin_mark(struct tool_call_finder *m, enum mark which)
{
	m->word = m->name_at = m->held.len;
	m->name_len = 0;
	m->in_info = false;
	m->scan = (struct raw_json){ 0 };
	m->state = which == MARK_OPEN	 ? TOOL_CALL_FINDER_LEAD :
		   which == MARK_SECTION ? TOOL_CALL_FINDER_SECTION :
					   TOOL_CALL_FINDER_NAME;
}

static void text_byte(struct tool_call_finder *m, char c)
{
	enum mark which = MARKS;

	if (m->held.len > m->word) { /* in a possible mark */
		push(m, c);
		switch (match_word(m, OPENING, &which)) {
		case MATCH_PART:
			return;
		case MATCH_WHOLE:
			begin_mark(m, which);
			return;
		case MATCH_NONE:
			break;
		}
		pull(m, 1);
		give_up(m);
	}
	if (m->held.len == LONGEST_BLANKS)
		give_up(m);
	if (c == '<' && m->last != '`' && !code_fence_inside(&m->fence)) {
		push(m, c);
		m->mark = m->word = m->held.len - 1;
		return;
	}
	note_text(m, &c, 1);
	push(m, c);
	m->mark = m->word = m->held.len;
	if (!text_is_space(c))
		give_up(m);
}

/*
 * Everything held before the word is not a call but text; the word may begin
 * another mark.
 */
static void restart(struct tool_call_finder *m)
{
	char word[LONGEST_MARK];
	size_t n = m->held.len - m->word;

	assert(n <= sizeof(word));
	memcpy(word, m->held.p + m->word, n);
	pull(m, n);
	give_up(m);
	for (size_t i = 0; i < n; i++)
		text_byte(m, word[i]);
}

static void section_byte(struct tool_call_finder *m, char c)
{
	enum mark which = MARKS;

	push(m, c);
	if (m->held.len - m->word == 1 && text_is_space(c)) {
		m->word++;
		return;
	}
	switch (match_word(m, 1U << MARK_CALL, &which)) {
	case MATCH_PART:
		return;
	case MATCH_WHOLE:
		begin_mark(m, which);
		return;
	case MATCH_NONE:
		restart(m);
	}
}

static void name_byte(struct tool_call_finder *m, char c)
{
	enum mark which = MARKS;

	push(m, c);
	if (m->held.len - m->word == 1 && c != '<') {
		m->word++;
		if (m->word - m->name_at > LONGEST_NAME)
			give_up(m);
		return;
	}
	switch (match_word(m, 1U << MARK_ARGUMENTS, &which)) {
	case MATCH_PART:
		return;
	case MATCH_WHOLE:
		m->name_len = m->word - m->name_at;
		m->word = m->held.len;
		m->state = TOOL_CALL_FINDER_LEAD;
		return;
	case MATCH_NONE:
		restart(m);
	}
}

/* White space and a code fence, ``` or ```json, may precede the JSON. */
static void lead_byte(struct tool_call_finder *m, char c)
{
	m->word = m->held.len;
	push(m, c);
	if (c == '{') {
		m->json_at = m->word;
		m->state = TOOL_CALL_FINDER_JSON;
		raw_json_byte(&m->scan, c);
		return;
	}
	if (c == '`' || c == '\n')
		m->in_info = c == '`';
	else if (!text_is_space(c) &&
		 !(m->in_info && isalnum((unsigned char)c)))
		restart(m);
}

/* The held call is complete, except for these brackets. */
static bool finish_call(struct tool_call_finder *m, size_t end,
			const char *brackets)
{
	struct raw_slice json, name = { 0 };
	struct chat_call call;
	bool is_call;

	json.p = arena_printf(m->arena, "%.*s%s", (int)(end - m->json_at),
			      m->held.p + m->json_at, brackets);
	json.n = strlen(json.p);
	if (m->name_len > 0) {
		name.p = m->held.p + m->name_at;
		name.n = m->name_len;
	}
	is_call = tool_call_json_read(&call, name, json, m->tools, m->n_tools,
				      m->arena);
	if (!is_call) {
		give_up(m);
		return true;
	}
	clear_held(m);
	m->closed = *brackets != '\0';
	m->state = TOOL_CALL_FINDER_AFTER;
	return deliver(m) && m->on_call(m->ctx, &call);
}

static bool json_byte(struct tool_call_finder *m, char c)
{
	m->word = m->held.len;
	push(m, c);
	switch (raw_json_byte(&m->scan, c)) {
	case RAW_JSON_MORE:
		return true;
	case RAW_JSON_END:
		return finish_call(m, m->held.len, "");
	case RAW_JSON_BAD:
		break;
	}
	if (c == '<')
		m->state = TOOL_CALL_FINDER_BROKEN;
	else
		restart(m);
	return true;
}

/* The closing mark says that the call is complete: brackets may be added. */
static bool broken_byte(struct tool_call_finder *m, char c)
{
	char brackets[JSON_MAX_DEPTH + 1];
	enum mark which = MARKS;
	size_t n = 0;

	push(m, c);
	switch (match_word(m, CLOSING, &which)) {
	case MATCH_PART:
		return true;
	case MATCH_WHOLE:
		while (n < m->scan.depth) {
			brackets[n] = m->scan.open[m->scan.depth - 1 - n];
			n++;
		}
		brackets[n] = '\0';
		return finish_call(m, m->word, brackets);
	case MATCH_NONE:
		restart(m);
	}
	return true;
}

/* Extra brackets and backticks before the closing mark. */
static bool is_stray(const struct tool_call_finder *m, char c)
{
	return !m->closed && (c == '}' || c == '`');
}

static void after_byte(struct tool_call_finder *m, char c)
{
	const unsigned end = CLOSING | 1U << MARK_SECTION_END;
	enum mark which = MARKS;

	if (m->held.len == 0 && text_is_space(c))
		return;
	push(m, c);
	if (m->held.len - m->word == 1 &&
	    (text_is_space(c) || is_stray(m, c))) {
		m->word++;
		if (m->word == LONGEST_BLANKS)
			restart(m);
		return;
	}
	switch (match_word(m, OPENING | end, &which)) {
	case MATCH_PART:
		return;
	case MATCH_NONE:
		restart(m);
		return;
	case MATCH_WHOLE:
		break;
	}
	if (1U << which & end) {
		clear_held(m);
		m->closed = true;
		return;
	}
	buf_consume(&m->held, m->word);
	m->mark = 0;
	begin_mark(m, which);
}

static bool take_byte(struct tool_call_finder *m, char c)
{
	if (m->held.len >= HELD_LIMIT)
		give_up(m);
	switch (m->state) {
	case TOOL_CALL_FINDER_TEXT:
		text_byte(m, c);
		return true;
	case TOOL_CALL_FINDER_SECTION:
		section_byte(m, c);
		return true;
	case TOOL_CALL_FINDER_NAME:
		name_byte(m, c);
		return true;
	case TOOL_CALL_FINDER_LEAD:
		lead_byte(m, c);
		return true;
	case TOOL_CALL_FINDER_JSON:
		return json_byte(m, c);
	case TOOL_CALL_FINDER_BROKEN:
		return broken_byte(m, c);
	case TOOL_CALL_FINDER_AFTER:
		after_byte(m, c);
		return true;
	}
	return true;
}

/* The length of plain text, which is passed on as it is: what comes before a
 * possible mark and the white space around that. */
static size_t plain(const struct tool_call_finder *m, const char *p, size_t n)
{
	const char *mark;

	if (m->state != TOOL_CALL_FINDER_TEXT || m->held.len > 0)
		return 0;
	mark = memchr(p, '<', n);
	if (mark != NULL)
		n = (size_t)(mark - p);
	while (n > 0 && text_is_space(p[n - 1]))
		n--;
	return n;
}

static bool feed_slice(struct tool_call_finder *m, const char *p, size_t n)
{
	for (size_t i = 0; i < n;) {
		size_t run = plain(m, p + i, n - i);

		if (run > 0) {
			make_ready(m, p + i, run);
			note_text(m, p + i, run);
			i += run;
		} else if (!take_byte(m, p[i++])) {
			return false;
		}
	}
	return deliver(m);
}

bool tool_call_finder_feed(struct tool_call_finder *m, const char *p, size_t n)
{
	while (n > 0) {
		size_t slice = n < SLICE ? n : SLICE;

		if (!feed_slice(m, p, slice))
			return false;
		p += slice;
		n -= slice;
	}
	return true;
}

bool tool_call_finder_end(struct tool_call_finder *m, bool cut)
{
	if (cut || m->state == TOOL_CALL_FINDER_AFTER)
		clear_held(m);
	else
		give_up(m);
	return deliver(m);
}
