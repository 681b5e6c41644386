/* SPDX-License-Identifier: MIT */
/* The coding br. */
#include <stdlib.h>

#include "http/encoding/codings_internal.h"
#include "http/encoding/libbrotlidec.h"

struct unbrotli {
	struct libbrotlidec api;
	BrotliDecoderState *state;
	bool whole;
};

static void drop(void *unbrotli)
{
	struct unbrotli *u = unbrotli;

	u->api.DestroyInstance(u->state);
}

static void *open_unbrotli(struct arena *a, struct error *e)
{
	struct unbrotli *u = arena_alloc(a, sizeof(*u));

	if (!libbrotlidec_load(&u->api, e))
		return NULL;
	u->state = u->api.CreateInstance(NULL, NULL, NULL);
	if (u->state == NULL)
		abort();
	arena_own(a, u, drop);
	return u;
}

static enum coding_result decode(void *decoder, struct coding_span *span)
{
	struct unbrotli *u = decoder;
	const uint8_t *in = (const uint8_t *)span->in;
	uint8_t *out = (uint8_t *)span->out;
	BrotliDecoderResult result;

	if (u->whole)
		return span->in_left == 0 ? CODING_WHOLE : CODING_MALFORMED;
	result = u->api.DecompressStream(u->state, &span->in_left, &in,
					 &span->out_left, &out, NULL);
	span->in = (const char *)in;
	span->out = (char *)out;
	u->whole = result == BROTLI_DECODER_RESULT_SUCCESS;
	if (u->whole)
		return CODING_WHOLE;
	return result == BROTLI_DECODER_RESULT_ERROR ? CODING_MALFORMED :
						       CODING_UNFINISHED;
}

const struct coding coding_brotli = { "br", NULL, open_unbrotli, decode };
