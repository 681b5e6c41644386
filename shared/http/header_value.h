/* SPDX-License-Identifier: MIT */
#ifndef HTTP_HEADER_VALUE_H
#define HTTP_HEADER_VALUE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The parameter of a header value such as `form-data; name="a"`, its quotes
 * and their escapes resolved, cut to fit `out`. Names are compared without
 * case. False, and `out` empty, when there is none.
 */
bool header_param(const char *value, const char *name, char *out, size_t size);

/* Whether the value begins with that word (a media type, a disposition). */
bool header_is(const char *value, const char *word);

#endif
