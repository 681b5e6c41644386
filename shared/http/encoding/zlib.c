/* SPDX-License-Identifier: MIT */
/* The codings gzip and deflate. */
#include <stdlib.h>

#include "http/encoding/codings_internal.h"
#include "http/encoding/libz.h"

/* What inflateInit2 takes: the largest window, and which wrapper. */
#define BARE (-MAX_WBITS)
#define WRAPPED MAX_WBITS
#define GZIP (MAX_WBITS + 16)

struct inflater {
	struct libz api;
	z_stream z;
	bool begun;
	bool whole;
};

static void drop(void *inflater)
{
	struct inflater *i = inflater;

	if (i->begun)
		i->api.inflateEnd(&i->z);
}

static void *open_inflater(struct arena *a, struct error *e)
{
	struct inflater *i = arena_alloc(a, sizeof(*i));

	if (!libz_load(&i->api, e))
		return NULL;
	arena_own(a, i, drop);
	return i;
}

static void begin(struct inflater *i, int bits)
{
	if (i->api.inflateInit2_(&i->z, bits, ZLIB_VERSION,
				 (int)sizeof(i->z)) != Z_OK)
		abort();
	i->begun = true;
}

static enum coding_result inflate_span(struct inflater *i,
				       struct coding_span *span)
{
	int result;

	i->z.next_in = (const Bytef *)span->in;
	i->z.avail_in = (uInt)span->in_left;
	i->z.next_out = (Bytef *)span->out;
	i->z.avail_out = (uInt)span->out_left;
	result = i->api.inflate(&i->z, Z_NO_FLUSH);
	span->in += span->in_left - i->z.avail_in;
	span->in_left = i->z.avail_in;
	span->out += span->out_left - i->z.avail_out;
	span->out_left = i->z.avail_out;
	i->whole = result == Z_STREAM_END;
	if (i->whole)
		return CODING_WHOLE;
	if (result == Z_MEM_ERROR)
		abort();
	return result == Z_OK || result == Z_BUF_ERROR ? CODING_UNFINISHED :
							 CODING_MALFORMED;
}

static enum coding_result decode_gzip(void *decoder, struct coding_span *span)
{
	struct inflater *i = decoder;

	if (i->whole && span->in_left == 0)
		return CODING_WHOLE;
	if (!i->begun)
		begin(i, GZIP);
	else if (i->whole)
		i->api.inflateReset(&i->z);
	return inflate_span(i, span);
}

/*
 * Clients mean either format by "deflate" (RFC 9110, 8.4.1.2). The first byte
 * tells: the method that zlib writes there would, without its wrapper, be
 * padding that is not zero.
 */
static int wrapper(const struct coding_span *span)
{
	return (*span->in & 0x0f) == Z_DEFLATED ? WRAPPED : BARE;
}

static enum coding_result decode_deflate(void *decoder,
					 struct coding_span *span)
{
	struct inflater *i = decoder;

	if (i->whole)
		return span->in_left == 0 ? CODING_WHOLE : CODING_MALFORMED;
	if (!i->begun && span->in_left == 0)
		return CODING_UNFINISHED;
	if (!i->begun)
		begin(i, wrapper(span));
	return inflate_span(i, span);
}

const struct coding coding_gzip = { "gzip", "x-gzip", open_inflater,
				    decode_gzip };
const struct coding coding_deflate = { "deflate", NULL, open_inflater,
				       decode_deflate };
