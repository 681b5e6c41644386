/* SPDX-License-Identifier: MIT */
#ifndef HTTP_ENCODING_LIBZSTD_H
#define HTTP_ENCODING_LIBZSTD_H

#include <stdbool.h>

#include <zstd.h>
#include <zstd_errors.h>

#include "base/error.h"

/* The functions of Zstandard that we call, without "ZSTD_". */
#define LIBZSTD_FUNCTIONS(X)                                                   \
	X(createDCtx)                                                          \
	X(DCtx_setParameter)                                                   \
	X(decompressStream)                                                    \
	X(getErrorCode)                                                        \
	X(isError)                                                             \
	X(freeDCtx)

struct libzstd {
#define LIBZSTD_MEMBER(name) __typeof__(ZSTD_##name) *(name);
	LIBZSTD_FUNCTIONS(LIBZSTD_MEMBER)
#undef LIBZSTD_MEMBER
};

/* Loads the library at run time, as libz_load does. ERROR_SETUP if it is
 * missing. */
bool libzstd_load(struct libzstd *api, struct error *e);

#endif
