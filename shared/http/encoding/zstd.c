/* SPDX-License-Identifier: MIT */
/* The coding zstd. */
#include <stdlib.h>

#include "http/encoding/codings_internal.h"
#include "http/encoding/libzstd.h"

/* 8 MiB, which is what everybody must support as a content coding (RFC 9659).
 * The library would take 128 MiB. */
#define WINDOW_LOG 23

struct unzstd {
	struct libzstd api;
	ZSTD_DCtx *context;
	bool whole;
};

static void drop(void *unzstd)
{
	struct unzstd *u = unzstd;

	u->api.freeDCtx(u->context);
}

static void *open_unzstd(struct arena *a, struct error *e)
{
	struct unzstd *u = arena_alloc(a, sizeof(*u));

	if (!libzstd_load(&u->api, e))
		return NULL;
	u->context = u->api.createDCtx();
	if (u->context == NULL)
		abort();
	arena_own(a, u, drop);
	u->api.DCtx_setParameter(u->context, ZSTD_d_windowLogMax, WINDOW_LOG);
	return u;
}

static enum coding_result failure(const struct unzstd *u, size_t result)
{
	ZSTD_ErrorCode code = u->api.getErrorCode(result);

	if (code == ZSTD_error_memory_allocation)
		abort();
	return code == ZSTD_error_frameParameter_windowTooLarge ?
		       CODING_WINDOW :
		       CODING_MALFORMED;
}

static enum coding_result decode(void *decoder, struct coding_span *span)
{
	struct unzstd *u = decoder;
	ZSTD_inBuffer in = { span->in, span->in_left, 0 };
	ZSTD_outBuffer out = { span->out, span->out_left, 0 };
	size_t left;

	if (u->whole && span->in_left == 0)
		return CODING_WHOLE;
	left = u->api.decompressStream(u->context, &out, &in);
	span->in += in.pos;
	span->in_left -= in.pos;
	span->out += out.pos;
	span->out_left -= out.pos;
	if (u->api.isError(left))
		return failure(u, left);
	u->whole = left == 0;
	return u->whole ? CODING_WHOLE : CODING_UNFINISHED;
}

const struct coding coding_zstd = { "zstd", NULL, open_unzstd, decode };
