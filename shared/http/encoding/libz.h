/* SPDX-License-Identifier: MIT */
#ifndef HTTP_ENCODING_LIBZ_H
#define HTTP_ENCODING_LIBZ_H

#include <stdbool.h>

#define ZLIB_CONST
#include <zlib.h>

#include "base/error.h"

/* The functions of zlib that we call. */
#define LIBZ_FUNCTIONS(X)                                                      \
	X(inflateInit2_)                                                       \
	X(inflate)                                                             \
	X(inflateReset)                                                        \
	X(inflateEnd)

struct libz {
#define LIBZ_MEMBER(name) __typeof__(name) *(name);
	LIBZ_FUNCTIONS(LIBZ_MEMBER)
#undef LIBZ_MEMBER
};

/*
 * Loads the library at run time: only compressed bodies need it, and a CGI
 * process that links it would pay for it at each start. ERROR_SETUP if it is
 * missing.
 */
bool libz_load(struct libz *api, struct error *e);

#endif
