/* SPDX-License-Identifier: MIT */
#ifndef TOKENS_LIBPCRE2_H
#define TOKENS_LIBPCRE2_H

#include <stdbool.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/error.h"

/* The functions of PCRE2 that we call, without "pcre2_" and the width. */
#define LIBPCRE2_FUNCTIONS(X)                                                  \
	X(compile)                                                             \
	X(jit_compile)                                                         \
	X(code_free)                                                           \
	X(match_data_create)                                                   \
	X(match_data_free)                                                     \
	X(match)                                                               \
	X(get_ovector_pointer)

/* pcre2.h makes the names macros that add the width. */
#define LIBPCRE2_NAME(name) LIBPCRE2_PASTE(pcre2_, name)
#define LIBPCRE2_PASTE(prefix, name) prefix##name##_8

struct libpcre2 {
#define LIBPCRE2_MEMBER(name) __typeof__(LIBPCRE2_NAME(name)) *(name);
	LIBPCRE2_FUNCTIONS(LIBPCRE2_MEMBER)
#undef LIBPCRE2_MEMBER
};

/*
 * Loads the library at run time: only counting needs it, and a CGI process that
 * links it would pay for it at each start. ERROR_SETUP if it is missing.
 */
bool libpcre2_load(struct libpcre2 *api, struct error *e);

#endif
