/* SPDX-License-Identifier: MIT */
#ifndef HTTP_HEADER_VALUE_H
#define HTTP_HEADER_VALUE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A parameter of a header value such as `form-data; name="a"`, without its
 * quotes and escapes, cut to fit `out`. The case of names does not matter.
 * False, with `out` empty, when it is missing.
 */
bool header_param(const char *value, const char *name, char *out, size_t size);

/* Whether the value is that word (a media type, a disposition), whatever its
 * parameters. */
bool header_is(const char *value, const char *word);

#endif
