/* SPDX-License-Identifier: MIT */
#ifndef HTTP_ENCODING_LIBBROTLIDEC_H
#define HTTP_ENCODING_LIBBROTLIDEC_H

#include <stdbool.h>

#include <brotli/decode.h>

#include "base/error.h"

/* The functions of Brotli that we call, without "BrotliDecoder". */
#define LIBBROTLIDEC_FUNCTIONS(X)                                              \
	X(CreateInstance)                                                      \
	X(DecompressStream)                                                    \
	X(DestroyInstance)

struct libbrotlidec {
#define LIBBROTLIDEC_MEMBER(name) __typeof__(BrotliDecoder##name) *(name);
	LIBBROTLIDEC_FUNCTIONS(LIBBROTLIDEC_MEMBER)
#undef LIBBROTLIDEC_MEMBER
};

/* Loads the library at run time, as libz_load does. ERROR_SETUP if it is
 * missing. */
bool libbrotlidec_load(struct libbrotlidec *api, struct error *e);

#endif
