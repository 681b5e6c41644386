/* SPDX-License-Identifier: MIT */
/* Reads a Content-Encoding, and a body through the decoders that it names. */
#include "http/encoding/content_encoding.h"

#include <inttypes.h>
#include <string.h>

#include "http/encoding/codings_internal.h"

#define PIECE 8192
#define MOST_CODINGS 4
#define BLANK " \t"

static const struct coding *const codings[] = {
	&coding_gzip,
	&coding_deflate,
	&coding_brotli,
	&coding_zstd,
};

#define CODINGS (sizeof(codings) / sizeof(*codings))

/* One coding of the list, fed by the one that was applied after it. */
struct stage {
	const struct coding *coding;
	void *decoder;
	struct content_source source;
	int64_t left; /* how many more bytes it may give */
	bool source_over;
	const char *in; /* what is left in `piece` */
	size_t in_left;
	char piece[PIECE];
};

struct content_encoding {
	struct stage *stages[MOST_CODINGS]; /* as they were applied */
	size_t n;
	struct content_source source;
};

static bool is_named(const char *name, size_t n, const char *wanted)
{
	return wanted != NULL && strlen(wanted) == n &&
	       strncasecmp(name, wanted, n) == 0;
}

/* NULL with a filled error if there is none of that name. */
static const struct coding *find_coding(const char *name, size_t n,
					struct error *e)
{
	for (size_t i = 0; i < CODINGS; i++)
		if (is_named(name, n, codings[i]->name) ||
		    is_named(name, n, codings[i]->alias))
			return codings[i];
	error_set(e, ERROR_ENCODING,
		  "Content-Encoding '%.*s' is not supported. Send the body "
		  "as it is, or compressed with gzip, deflate, br or zstd.",
		  (int)(n < 40 ? n : 40), name);
	return NULL;
}

static bool open_decoder(struct stage *s, struct arena *a, struct error *e)
{
	struct error missing;

	s->decoder = s->coding->open(a, &missing);
	return s->decoder != NULL ||
	       error_set(e, ERROR_ENCODING,
			 "This server cannot decode Content-Encoding '%s': %s "
			 "Send the body as it is.",
			 s->coding->name, missing.message);
}

static bool add_stage(struct content_encoding *c, const char *name, size_t n,
		      struct arena *a, struct error *e)
{
	const struct coding *coding;

	if (n == 0 || is_named(name, n, "identity"))
		return true;
	coding = find_coding(name, n, e);
	if (coding == NULL)
		return false;
	if (c->n == MOST_CODINGS)
		return error_set(e, ERROR_ENCODING,
				 "Content-Encoding lists more than %d codings.",
				 MOST_CODINGS);
	c->stages[c->n] = arena_alloc(a, sizeof(*c->stages[c->n]));
	c->stages[c->n]->coding = coding;
	return open_decoder(c->stages[c->n++], a, e);
}

static bool add_stages(struct content_encoding *c, const char *list,
		       struct arena *a, struct error *e)
{
	while (*list != '\0') {
		size_t n = strcspn(list, ","), end = n;
		size_t begin = strspn(list, BLANK);

		while (end > begin && strchr(BLANK, list[end - 1]) != NULL)
			end--;
		if (begin < end &&
		    !add_stage(c, list + begin, end - begin, a, e))
			return false;
		list += n + (list[n] == ',');
	}
	return true;
}

static bool fill(struct stage *s, struct error *e)
{
	size_t n = sizeof(s->piece);

	if (!s->source.read(s->source.ctx, s->piece, &n, e))
		return false;
	s->in = s->piece;
	s->in_left = n;
	s->source_over = n == 0;
	return true;
}

/* True unless the result is an error. */
static bool check_result(const struct stage *s, enum coding_result result,
			 struct error *e)
{
	switch (result) {
	case CODING_UNFINISHED:
	case CODING_WHOLE:
		break;
	case CODING_MALFORMED:
		return error_set(e, ERROR_BAD_REQUEST,
				 "The request body is not what its "
				 "Content-Encoding says: the %s data is "
				 "malformed, or other bytes follow it.",
				 s->coding->name);
	case CODING_WINDOW:
		return error_set(e, ERROR_BAD_REQUEST,
				 "The request body cannot be decoded: its %s "
				 "data needs a window of more than 8 MiB. "
				 "Compress it with a lower level.",
				 s->coding->name);
	}
	return s->left >= 0 ||
	       error_set(e, ERROR_TOO_LARGE,
			 "The request body is too large after decoding.");
}

static bool read_stage(void *ctx, void *p, size_t *n, struct error *e)
{
	struct stage *s = ctx;
	struct coding_span span = { .out = p, .out_left = *n };
	enum coding_result result;

	do {
		if (s->in_left == 0 && !s->source_over && !fill(s, e))
			return false;
		span.in = s->in;
		span.in_left = s->in_left;
		result = s->coding->decode(s->decoder, &span);
		s->in = span.in;
		s->in_left = span.in_left;
		s->left -= (int64_t)(*n - span.out_left);
		if (!check_result(s, result, e))
			return false;
	} while (span.out_left == *n && !s->source_over);
	*n -= span.out_left;
	return *n > 0 || result == CODING_WHOLE ||
	       error_set(e, ERROR_BAD_REQUEST,
			 "The request body is incomplete: it ends in the "
			 "middle of its %s data (Content-Encoding).",
			 s->coding->name);
}

struct content_encoding *content_encoding_open(const char *header,
					       int64_t limit,
					       struct content_source source,
					       struct arena *a, struct error *e)
{
	struct content_encoding *c = arena_alloc(a, sizeof(*c));

	if (!add_stages(c, header, a, e))
		return NULL;
	for (size_t i = c->n; i-- > 0;) {
		c->stages[i]->left = limit;
		c->stages[i]->source = source;
		source = (struct content_source){ read_stage, c->stages[i] };
	}
	c->source = source;
	return c;
}

bool content_encoding_read(struct content_encoding *c, void *p, size_t *n,
			   struct error *e)
{
	return c->source.read(c->source.ctx, p, n, e);
}

const char *content_encoding_guess(const void *p, size_t n)
{
	if (n >= 2 && memcmp(p, "\x1f\x8b", 2) == 0)
		return "gzip";
	if (n >= 4 && memcmp(p, "\x28\xb5\x2f\xfd", 4) == 0)
		return "zstd";
	return NULL;
}

const char *content_encoding_accepted(struct arena *a)
{
	const char *list = "";
	struct error missing;

	for (size_t i = 0; i < CODINGS; i++)
		if (codings[i]->open(a, &missing) != NULL)
			list = arena_printf(a, "%s%s%s", list,
					    *list == '\0' ? "" : ", ",
					    codings[i]->name);
	return *list == '\0' ? "identity" : list;
}
