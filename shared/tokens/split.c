/* SPDX-License-Identifier: MIT */
/* Splits texts by Kimi's pattern, within the slices its encoder cuts first. */
#include "tokens/split.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "tokens/libpcre2.h"

/* Characters, as the reference encoder counts them. */
#define MAX_BLOCK 400000
#define MAX_RUN 25000

/*
 * The pattern of the tokenizer published with Kimi K2. Its intersections, such
 * as [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]], are written here as the
 * complement of all other categories and Han: PCRE2 before 10.45 has no
 * intersections, and a plain class needs no frame per character. \p{Han} alone
 * would mean script extensions, and so some punctuation. White space is listed,
 * since \s of PCRE2 also matches U+180E.
 */
#define SPACE                                                                  \
	"\\t-\\r \\x85\\xa0\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}"     \
	"\\x{202f}\\x{205f}\\x{3000}"
#define NO_WORD "\\p{N}\\p{P}\\p{S}\\p{Z}\\p{C}\\p{sc:Han}"
#define UPPER "[^\\p{Ll}" NO_WORD "]"
#define LOWER "[^\\p{Lu}\\p{Lt}" NO_WORD "]"
#define LEAD "[^\\r\\n\\p{L}\\p{N}]?"
#define APOSTROPHE "(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
#define PATTERN                                                                \
	"\\p{sc:Han}+"                                                         \
	"|" LEAD UPPER "*" LOWER "+" APOSTROPHE "|" LEAD UPPER "+" LOWER       \
	"*" APOSTROPHE "|\\p{N}{1,3}"                                          \
	"| ?[^" SPACE "\\p{L}\\p{N}]+[\\r\\n]*"                                \
	"|[" SPACE "]*[\\r\\n]+"                                               \
	"|[" SPACE "]+(?![^" SPACE "])"                                        \
	"|[" SPACE "]+"

struct splitter {
	struct libpcre2 pcre2;
	pcre2_code *code;
};

/* Where the slices of a text end. */
struct slicer {
	const char *at, *end;
	size_t in_block, in_run;
	bool space;	/* whether the run is one of white space */
	bool malformed; /* the byte at `at` is not UTF-8 */
};

struct pieces {
	const struct splitter *splitter;
	pcre2_match_data *match;
	size_t *ends; /* of the last match: from, to */
	void (*each)(void *ctx, const char *p, size_t n);
	void *ctx;
};

bool splitter_open(struct splitter **out, struct error *e)
{
	struct splitter *s = calloc(1, sizeof(*s));
	PCRE2_SIZE where;
	int code;

	if (s == NULL)
		abort();
	if (!libpcre2_load(&s->pcre2, e)) {
		free(s);
		return false;
	}
	s->code = s->pcre2.compile((PCRE2_SPTR)PATTERN, PCRE2_ZERO_TERMINATED,
				   PCRE2_UTF | PCRE2_UCP | PCRE2_ANCHORED,
				   &code, &where, NULL);
	if (s->code == NULL) {
		free(s);
		return error_set(
			e, ERROR_SETUP,
			"PCRE2 rejects the pattern of Kimi's tokenizer "
			"(error %d). Is it 10.40 or later?",
			code);
	}
	/* Where that is not allowed, the pattern is interpreted. */
	s->pcre2.jit_compile(s->code, PCRE2_JIT_COMPLETE);
	*out = s;
	return true;
}

void splitter_close(struct splitter *s)
{
	if (s == NULL)
		return;
	s->pcre2.code_free(s->code);
	free(s);
}

/* As Python's str.isspace(), which the reference encoder uses. */
static bool is_space(uint32_t c)
{
	static const struct {
		uint32_t from, to;
	} ranges[] = {
		{ '\t', '\r' },	    { 0x1C, ' ' },	{ 0x85, 0x85 },
		{ 0xA0, 0xA0 },	    { 0x1680, 0x1680 }, { 0x2000, 0x200A },
		{ 0x2028, 0x2029 }, { 0x202F, 0x202F }, { 0x205F, 0x205F },
		{ 0x3000, 0x3000 },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
		if (c <= ranges[i].to)
			return c >= ranges[i].from;
	return false;
}

/* Whether the slice takes one more character, and if so counts it. */
static bool takes(struct slicer *s, bool space)
{
	if (s->in_block == MAX_BLOCK) {
		s->in_block = s->in_run = 0;
		return false;
	}
	if (space != s->space)
		s->in_run = 0;
	else if (s->in_run == MAX_RUN) {
		s->in_run = 0;
		return false;
	}
	s->space = space;
	s->in_run++;
	s->in_block++;
	return true;
}

/* The length of the slice at `at`; moves past it. */
static size_t next_slice(struct slicer *s)
{
	const char *from = s->at;

	s->malformed = false;
	while (s->at < s->end) {
		const char *next = s->at;
		bool ascii = (unsigned char)*next < 0x80;
		uint32_t c = utf8_next(&next, s->end);

		s->malformed = !ascii && next == s->at + 1;
		if (s->malformed || !takes(s, is_space(c)))
			break;
		s->at = next;
	}
	return (size_t)(s->at - from);
}

/* The length of the piece at `from`. Some branch of the pattern matches every
 * character, so PCRE2 fails only if it runs out of some resource: then the rest
 * is one piece. */
static size_t piece_length(const struct pieces *p, const char *slice, size_t n,
			   size_t from)
{
	int found = p->splitter->pcre2.match(p->splitter->code,
					     (PCRE2_SPTR)slice, n, from,
					     PCRE2_NO_UTF_CHECK, p->match,
					     NULL);

	return found > 0 && p->ends[1] > from ? p->ends[1] - from : n - from;
}

static void split_slice(const struct pieces *p, const char *slice, size_t n)
{
	for (size_t from = 0, length; from < n; from += length) {
		length = piece_length(p, slice, n, from);
		p->each(p->ctx, slice + from, length);
	}
}

void splitter_run(const struct splitter *s, const char *p, size_t n,
		  void (*each)(void *ctx, const char *p, size_t n), void *ctx)
{
	struct pieces pieces = { .splitter = s, .each = each, .ctx = ctx };
	struct slicer slicer = { .at = p, .end = p + n };

	if (n == 0)
		return;
	pieces.match = s->pcre2.match_data_create(1, NULL);
	if (pieces.match == NULL)
		abort();
	pieces.ends = s->pcre2.get_ovector_pointer(pieces.match);
	while (slicer.at < slicer.end) {
		const char *from = slicer.at;

		split_slice(&pieces, from, next_slice(&slicer));
		if (slicer.malformed) {
			each(ctx, slicer.at, 1);
			slicer = (struct slicer){ .at = slicer.at + 1,
						  .end = slicer.end };
		}
	}
	s->pcre2.match_data_free(pieces.match);
}
